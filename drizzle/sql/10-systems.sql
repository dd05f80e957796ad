-- The change feed of the built-in CRM and ERP: every edit of a record, by the application or by raw SQL, leaves a row
-- in <schema>.change in its own transaction, and is given its place in the feed after the commit.
--
-- `tandem.writer` = '1' (set for the transaction) says that the writer moves versions itself; the application does.
-- `tandem.actor` names the author of a raw edit; without it the database user is named.

create schema if not exists system_sql;

-- An edit by raw SQL moves the version, the time and the author, unless it did so itself.
create or replace function system_sql.move_version() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  new.updated_at := clock_timestamp();
  new.updated_by := coalesce(nullif(current_setting('tandem.actor', true), ''), session_user::text);
  return new;
end $$;

create or replace function system_sql.install_feed(system text) returns void language plpgsql as $outer$
begin
  execute format($sql$ insert into %1$I.feed_head values (true) on conflict do nothing $sql$, system);

  execute format($sql$
    create or replace function %1$I.note_created() returns trigger language plpgsql as $$
    begin
      insert into %1$I.change (entity, id, kind, version, actor, at)
        select tg_argv[0], id, 'created', version, updated_by, updated_at from fresh;
      return null;
    end $$ $sql$, system);

  execute format($sql$
    create or replace function %1$I.note_updated() returns trigger language plpgsql as $$
    begin
      insert into %1$I.change (entity, id, kind, version, actor, at)
        select tg_argv[0], fresh.id,
          case when fresh.archived = was.archived then 'updated' when fresh.archived then 'archived' else 'restored' end,
          fresh.version, fresh.updated_by, fresh.updated_at
        from fresh join was using (id) where fresh.version <> was.version;
      return null;
    end $$ $sql$, system);

  execute format($sql$
    create or replace function %1$I.note_deleted() returns trigger language plpgsql as $$
    declare author text := coalesce(nullif(current_setting('tandem.actor', true), ''), session_user::text);
    begin
      insert into %1$I.change (entity, id, kind, version, actor, at)
        select tg_argv[0], id, 'deleted', null, author, clock_timestamp() from was;
      insert into %1$I.tombstone (id, entity, version, deleted_by, create_key)
        select id, tg_argv[0], version, author, create_key from was
        on conflict (id) do update set version = excluded.version, deleted_at = now(), deleted_by = excluded.deleted_by,
          create_key = excluded.create_key;
      if tg_nargs > 1 then
        execute format('delete from %1$I.%%I where document_id in (select id from was)', tg_argv[1]);
      end if;
      return null;
    end $$ $sql$, system);

  -- Lines edited by raw SQL move their header, which writes the change.
  execute format($sql$
    create or replace function %1$I.mark_header() returns trigger language plpgsql as $$
    declare
      headers text;
    begin
      if current_setting('tandem.writer', true) = '1' then return null; end if;
      headers := case tg_op
        when 'INSERT' then 'select document_id from fresh'
        when 'DELETE' then 'select document_id from was'
        else 'select unnest(array[fresh.document_id, was.document_id]) from fresh join was using (line_id) where fresh is distinct from was'
      end;
      execute format('update %1$I.%%I set version = version + 1, updated_at = clock_timestamp(), updated_by = $1 where id in (%%s)', tg_argv[0], headers)
        using coalesce(nullif(current_setting('tandem.actor', true), ''), session_user::text);
      return null;
    end $$ $sql$, system);

  -- Gives committed changes a dense position, one sequencer at a time. The lock is taken in a statement of its own: the
  -- next statement's snapshot then sees all that the sequencer before did. Sequence numbers commit out of order, so a
  -- reader that resumes at `seq > cursor` loses changes; rows get their position only when they can be seen.
  execute format($sql$
    create or replace function %1$I.sequence_changes(most int) returns bigint language plpgsql as $$
    declare
      head bigint;
      given bigint;
    begin
      -- Nothing new costs no lock and writes nothing.
      if not exists (select from %1$I.change where pos is null) then
        return (select pos from %1$I.feed_head);
      end if;
      select pos into head from %1$I.feed_head for update;
      with waiting as (
        select place, row_number() over (order by seq) as n
        from (select ctid as place, seq from %1$I.change where pos is null order by seq limit most) first_ones
      ), numbered as (
        update %1$I.change c set pos = head + waiting.n from waiting where c.ctid = waiting.place returning 1
      )
      select count(*) into given from numbered;
      if given > 0 then update %1$I.feed_head set pos = head + given; end if;
      return head + given;
    end $$ $sql$, system);

  -- Sequences what is new and reads what lies after a position: one round trip from commit to reader. It does not wait
  -- for the disk: whoever carries positions out of this database does.
  execute format($sql$
    create or replace function %1$I.read_changes(after bigint, most int) returns setof %1$I.change language plpgsql as $$
    begin
      perform set_config('synchronous_commit', 'off', true);
      perform %1$I.sequence_changes(5000);
      return query select * from %1$I.change where pos > after order by pos limit most;
    end $$ $sql$, system);

  -- Forgets changes older than `age`, oldest first; readers whose cursor lies before the gap are told so.
  execute format($sql$
    create or replace function %1$I.prune_changes(age interval) returns bigint language plpgsql as $$
    declare
      upto bigint;
    begin
      perform from %1$I.feed_head for update;
      select coalesce(min(pos) - 1, (select pos from %1$I.feed_head)) into upto
        from %1$I.change where pos is not null and at >= now() - age;
      delete from %1$I.change where pos <= upto;
      update %1$I.feed_head set pruned = greatest(pruned, upto);
      return upto;
    end $$ $sql$, system);
end $outer$;

-- Captures one table; `lines` is its line table, or null.
create or replace function system_sql.capture(system text, entity text, aggregate text, lines text) returns void language plpgsql as $$
begin
  -- Room on every page, so that an update that touches no index stays on it.
  execute format('alter table %1$I.%2$I set (fillfactor = 85)', system, aggregate);
  execute format('create or replace trigger a_move_version before update on %1$I.%2$I for each row
    when (new.version = old.version and old.* is distinct from new.*) execute function system_sql.move_version()', system, aggregate);
  execute format('create or replace trigger note_created after insert on %1$I.%2$I referencing new table as fresh
    for each statement execute function %1$I.note_created(%3$L)', system, aggregate, entity);
  execute format('create or replace trigger note_updated after update on %1$I.%2$I referencing new table as fresh old table as was
    for each statement execute function %1$I.note_updated(%3$L)', system, aggregate, entity);
  execute format('create or replace trigger note_deleted after delete on %1$I.%2$I referencing old table as was
    for each statement execute function %1$I.note_deleted(%3$s)', system, aggregate, concat_ws(',', quote_literal(entity), quote_literal(lines)));
  if lines is null then return; end if;
  execute format('alter table %1$I.%2$I set (fillfactor = 85)', system, lines);
  execute format('create or replace trigger mark_inserted after insert on %1$I.%2$I referencing new table as fresh
    for each statement execute function %1$I.mark_header(%3$L)', system, lines, aggregate);
  execute format('create or replace trigger mark_updated after update on %1$I.%2$I referencing new table as fresh old table as was
    for each statement execute function %1$I.mark_header(%3$L)', system, lines, aggregate);
  execute format('create or replace trigger mark_deleted after delete on %1$I.%2$I referencing old table as was
    for each statement execute function %1$I.mark_header(%3$L)', system, lines, aggregate);
end $$;

select system_sql.install_feed('crm'), system_sql.install_feed('erp');

select
  system_sql.capture('crm', 'Customer', 'customer', null),
  system_sql.capture('crm', 'Contact', 'contact', null),
  system_sql.capture('crm', 'Product', 'product', null),
  system_sql.capture('crm', 'Quote', 'quote', 'quote_line'),
  system_sql.capture('crm', 'Order', 'order', 'order_line'),
  system_sql.capture('crm', 'User', 'user', null),
  system_sql.capture('erp', 'Customer', 'customer', null),
  system_sql.capture('erp', 'Contact', 'contact', null),
  system_sql.capture('erp', 'Product', 'product', null),
  system_sql.capture('erp', 'Quote', 'quote', 'quote_line'),
  system_sql.capture('erp', 'Order', 'order', 'order_line'),
  system_sql.capture('erp', 'Salesperson', 'salesperson', null);
