-- The language prompts are spoken to a user in, such as zh.
alter table users add column language varchar(35)
