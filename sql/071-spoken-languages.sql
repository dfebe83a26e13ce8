-- The languages the voice server has prompts in, for directories and the command line, whose machine may have others.
create table spoken_languages (
  tag varchar(35) not null primary key
) /* table options */
