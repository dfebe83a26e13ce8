-- Digest credentials of desk phones, apart from login hashes: HA1 = H(user:realm:secret), in hex.
create table sip_accounts (
  user_id char(36) not null primary key,
  algorithm varchar(16) not null check (algorithm in ('MD5', 'SHA-256')),
  ha1 varchar(64) not null,
  foreign key (user_id) references users (id) on delete cascade
) /* table options */
