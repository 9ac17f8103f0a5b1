CREATE TABLE IF NOT EXISTS "orders" (
  id INTEGER PRIMARY KEY
);

create or replace function total(id int) returns int as $$
begin
  return 1;
end;
$$ language plpgsql;
