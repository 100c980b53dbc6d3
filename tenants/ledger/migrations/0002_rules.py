from django.db import migrations

# Everything names its schema by TG_TABLE_SCHEMA: the functions are copied with the schema when a tenant is cloned and
# work whatever the search path is.
FORWARD = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $body$;

CREATE FUNCTION ledger_apply_entry() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  EXECUTE format('UPDATE %I.ledger_account SET balance_minor = balance_minor + $1 WHERE id = $2', TG_TABLE_SCHEMA)
    USING NEW.amount_minor, NEW.account_id;
  RETURN NULL;
END $body$;

CREATE FUNCTION ledger_check_balance() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
  posting bigint;
  rest numeric;
  lines bigint;
  currencies bigint;
BEGIN
  IF TG_TABLE_NAME = 'ledger_posting' THEN posting := NEW.id; ELSE posting := NEW.posting_id; END IF;
  EXECUTE format('SELECT coalesce(sum(e.amount_minor), 0), count(*), count(DISTINCT a.currency) FROM %1$I.ledger_entry e '
    'JOIN %1$I.ledger_account a ON a.id = e.account_id WHERE e.posting_id = $1', TG_TABLE_SCHEMA)
    INTO rest, lines, currencies USING posting;
  IF rest <> 0 OR lines < 2 OR currencies <> 1 THEN
    RAISE EXCEPTION 'posting % does not balance: % over % lines in % currencies', posting, rest, lines, currencies
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $body$;

CREATE FUNCTION ledger_guard_account() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.balance_minor <> 0 THEN
    RAISE EXCEPTION 'an account opens with nothing' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.kind, NEW.owner, NEW.currency) IS DISTINCT FROM (OLD.kind, OLD.owner, OLD.currency) THEN
    RAISE EXCEPTION 'an account does not change what it is' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.balance_minor <> OLD.balance_minor AND pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'balances change by entries only' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $body$;

CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_posting_append_only BEFORE UPDATE OR DELETE ON ledger_posting
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_account_stays BEFORE DELETE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_entry_applied AFTER INSERT ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_apply_entry();
CREATE TRIGGER ledger_account_guarded BEFORE INSERT OR UPDATE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_guard_account();
CREATE CONSTRAINT TRIGGER ledger_entry_balanced AFTER INSERT ON ledger_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_balance();
CREATE CONSTRAINT TRIGGER ledger_posting_balanced AFTER INSERT ON ledger_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_balance();
"""
BACKWARD = """
DROP TRIGGER ledger_posting_balanced ON ledger_posting;
DROP TRIGGER ledger_entry_balanced ON ledger_entry;
DROP TRIGGER ledger_account_guarded ON ledger_account;
DROP TRIGGER ledger_entry_applied ON ledger_entry;
DROP TRIGGER ledger_account_stays ON ledger_account;
DROP TRIGGER ledger_posting_append_only ON ledger_posting;
DROP TRIGGER ledger_entry_append_only ON ledger_entry;
DROP FUNCTION ledger_guard_account();
DROP FUNCTION ledger_check_balance();
DROP FUNCTION ledger_apply_entry();
DROP FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    """The books defend themselves: append-only, every posting sums to zero at commit, balances follow the entries."""

    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
