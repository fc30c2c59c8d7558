-- What the last comparison of each location found to differ between OTO and what the ERP's figures come to, by its cause.
create table drift (
  location text not null,
  cause text not null,
  figures bigint not null,
  units bigint not null,
  run_id bigint,
  compared_at timestamptz not null default now(),
  primary key (location, cause)
);
