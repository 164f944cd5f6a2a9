-- over what an endpoint is reached, and how it is known when it calls
alter table hospitals.endpoint
    add column tls boolean not null default false,
    add column networks cidr[] not null default '{}', -- empty: from its own host only
    add column certificates text[] not null default '{}'; -- fingerprints (SHA-256) or subjects
