-- The one row whose lock makes the sequencer single.
insert into sync.event_head ("only") values (true) on conflict do nothing;
insert into sync.feed (side) values ('crm'), ('erp') on conflict do nothing;

-- Room on every page, so that what a step changes of a link stays on it and touches no index.
alter table sync.link set (fillfactor = 80);

-- Gives committed events a dense position. Sequence numbers commit out of order, so a reader that resumes at
-- `seq > cursor` loses events; a position is given only to rows that can be seen, one sequencer at a time. The lock is
-- taken in a statement of its own: the next statement's snapshot then sees all that the previous sequencer did.
create or replace function sync.sequence_events(most int) returns bigint language plpgsql as $$
declare
  head bigint;
  given bigint;
begin
  select pos into head from sync.event_head for update skip locked;
  if not found then return -1; end if;
  with fresh as (
    select id, row_number() over (order by seq) as n
    from (select id, seq from sync.event where pos is null order by seq limit most) f
  ), numbered as (
    update sync.event e set pos = head + fresh.n from fresh where e.id = fresh.id returning 1
  )
  select count(*) into given from numbered;
  if given > 0 then
    update sync.event_head set pos = head + given;
  end if;
  return given;
end $$;

-- Positions for what is committed, and then the next events after a position, in one round trip.
create or replace function sync.next_events(after bigint, most int) returns setof sync.event language plpgsql as $$
begin
  perform sync.sequence_events(5000);
  return query select * from sync.event where pos > after order by pos limit most;
end $$;

-- Appends a step's events with their positions, as the last thing its transaction does: the head stays locked from here
-- to the commit, so that nobody sees a later position before this one. Answers the positions in the order given.
create or replace function sync.tell_events(told jsonb) returns table (cursor text, at timestamptz) language plpgsql as $$
declare
  head bigint;
begin
  select h.pos into head from sync.event_head h for update;
  return query
    with given as (
      insert into sync.event (id, mapping, link_id, outcome, cause, fields, detail, attempt, correlation_id, pos)
      select t.id, t.mapping, t."linkId", t.outcome, t.cause, t.fields, t.detail, t.attempt, t."correlationId", head + t.n
      from rows from (jsonb_to_recordset(told) as (id text, mapping text, "linkId" text, outcome text, cause jsonb,
        fields jsonb, detail jsonb, attempt int, "correlationId" text)) with ordinality
        as t(id, mapping, "linkId", outcome, cause, fields, detail, attempt, "correlationId", n)
      order by t.n
      returning event.pos, event.at
    ), moved as (
      update sync.event_head set pos = head + jsonb_array_length(told)
    )
    select given.pos::text, given.at from given order by given.pos;
end $$;

-- Locks a worker's lanes for the rest of the transaction; fails if one of them is no longer its own, so that whatever
-- was sent behind it in the same flight comes to nothing.
-- A transaction that tells nobody anything does not wait for the disk: what it records is made again from what is
-- durable, namely both systems' records, should the server crash within the next moments.
drop function if exists sync.hold_lanes(bigint, text[]);
create or replace function sync.hold_lanes(holder bigint, keys text[], tells boolean) returns void language plpgsql as $$
declare
  held int;
begin
  if not tells then perform set_config('synchronous_commit', 'off', true); end if;
  select count(*) into held
  from (select 1 from sync.lane where key = any(keys) and token = holder order by key for update) l;
  if held < (select count(distinct key) from unnest(keys) as k(key)) then
    raise exception 'A lease was lost: % of % lanes are held.', held, cardinality(keys) using errcode = 'TL001';
  end if;
end $$;
