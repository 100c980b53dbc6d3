"""Claims and credits defend themselves against every program that can write to the database."""

from django.db import migrations

# Tables are named by TG_TABLE_SCHEMA: the functions are copied with the schema when a tenant is cloned.
FORWARD = """
CREATE FUNCTION credits_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION '% keeps what it holds', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $body$;

CREATE FUNCTION credits_guard_batch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'open' THEN
      RAISE EXCEPTION 'a batch begins open' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN
     (('open', 'locked'), ('locked', 'verified'), ('open', 'cancelled')) THEN
    RAISE EXCEPTION 'a batch does not go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (NEW.method, NEW.version, NEW.inputs, NEW.region, NEW.period_start, NEW.period_end, NEW.organisation_id,
      NEW.beneficiary, NEW.uid, NEW.made_by) IS DISTINCT FROM
     (OLD.method, OLD.version, OLD.inputs, OLD.region, OLD.period_start, OLD.period_end, OLD.organisation_id,
      OLD.beneficiary, OLD.uid, OLD.made_by) THEN
    RAISE EXCEPTION 'a batch does not change what it claims' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.state <> 'open' AND
     (NEW.energy_wh, NEW.sessions, NEW.grams, NEW.record, NEW.locked_at, NEW.locked_by) IS DISTINCT FROM
     (OLD.energy_wh, OLD.sessions, OLD.grams, OLD.record, OLD.locked_at, OLD.locked_by) THEN
    RAISE EXCEPTION 'a % batch keeps its figures', OLD.state USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.state IN ('verified', 'cancelled') THEN
    RAISE EXCEPTION 'a % batch never changes', OLD.state USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.state IN ('locked', 'verified') AND coalesce(NEW.grams, 0) <= 0 THEN
    RAISE EXCEPTION 'a % batch has grams', NEW.state USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $body$;

CREATE FUNCTION credits_guard_claim() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE held text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'a claim never changes' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  EXECUTE format('SELECT state FROM %I.credits_batch WHERE id = $1 FOR SHARE', TG_TABLE_SCHEMA)
    INTO held USING CASE WHEN TG_OP = 'DELETE' THEN OLD.batch_id ELSE NEW.batch_id END;
  IF held IS DISTINCT FROM 'open' THEN
    RAISE EXCEPTION 'claims of a % batch stay', held USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $body$;

CREATE FUNCTION credits_guard_block() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE issued text; room int8range;
BEGIN
  IF TG_OP = 'INSERT' THEN
    EXECUTE format('SELECT state FROM %I.credits_batch WHERE id = $1', TG_TABLE_SCHEMA) INTO issued USING NEW.batch_id;
    IF NEW.state <> 'held' OR issued IS DISTINCT FROM 'verified' THEN
      RAISE EXCEPTION 'blocks are issued by verified batches' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.parent_id IS NOT NULL THEN
      EXECUTE format('SELECT int8range(first, last, %L) FROM %I.credits_block '
        'WHERE id = $1 AND batch_id = $2 AND state = %L', '[]', TG_TABLE_SCHEMA, 'split')
        INTO room USING NEW.parent_id, NEW.batch_id;
      IF room IS NULL OR NOT room @> int8range(NEW.first, NEW.last, '[]') THEN
        RAISE EXCEPTION 'a part lies inside the block that was split'
          USING ERRCODE = 'integrity_constraint_violation';
      END IF;
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state <> 'held' THEN
    RAISE EXCEPTION 'a % block never changes', OLD.state USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (NEW.batch_id, NEW.parent_id, NEW.first, NEW.last, NEW.uid) IS DISTINCT FROM
     (OLD.batch_id, OLD.parent_id, OLD.first, OLD.last, OLD.uid) THEN
    RAISE EXCEPTION 'a block keeps its serials' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $body$;

CREATE FUNCTION credits_check_whole() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE whole bigint; parts bigint;
BEGIN
  IF TG_ARGV[0] = 'split' THEN
    IF NEW.state = 'split' THEN
      EXECUTE format('SELECT coalesce(sum(last - first + 1), 0) FROM %I.credits_block WHERE parent_id = $1',
        TG_TABLE_SCHEMA) INTO parts USING NEW.id;
      IF parts <> NEW.last - NEW.first + 1 THEN
        RAISE EXCEPTION 'the parts of a block are all of it' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
    END IF;
  ELSIF NEW.state = 'verified' THEN
    EXECUTE format('SELECT coalesce(sum(last - first + 1), 0) FROM %I.credits_block '
      'WHERE batch_id = $1 AND parent_id IS NULL', TG_TABLE_SCHEMA) INTO whole USING NEW.id;
    IF whole <> NEW.grams THEN
      RAISE EXCEPTION 'a verified batch issues its grams' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;
  RETURN NULL;
END $body$;

CREATE FUNCTION credits_check_issued() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE whole bigint; grams bigint;
BEGIN
  EXECUTE format('SELECT coalesce(sum(last - first + 1), 0) FROM %I.credits_block '
    'WHERE batch_id = $1 AND parent_id IS NULL', TG_TABLE_SCHEMA) INTO whole USING NEW.batch_id;
  EXECUTE format('SELECT grams FROM %I.credits_batch WHERE id = $1', TG_TABLE_SCHEMA) INTO grams USING NEW.batch_id;
  IF whole <> grams THEN
    RAISE EXCEPTION 'a batch issues its grams once' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $body$;

CREATE FUNCTION credits_guard_grant() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF OLD.reversed_at IS NOT NULL OR
     (NEW.session_id, NEW.rule_id, NEW.driver_id, NEW.month, NEW.energy_wh, NEW.amount_minor, NEW.currency, NEW.uid)
     IS DISTINCT FROM
     (OLD.session_id, OLD.rule_id, OLD.driver_id, OLD.month, OLD.energy_wh, OLD.amount_minor, OLD.currency, OLD.uid)
  THEN
    RAISE EXCEPTION 'a reward is only taken back, once' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $body$;

CREATE FUNCTION credits_guard_counter() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF NEW.id <> 1 OR (TG_OP = 'UPDATE' AND NEW.last < OLD.last) THEN
    RAISE EXCEPTION 'serials only rise' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $body$;

CREATE TRIGGER credits_batch_guarded BEFORE INSERT OR UPDATE ON credits_batch
  FOR EACH ROW EXECUTE FUNCTION credits_guard_batch();
CREATE TRIGGER credits_batch_stays BEFORE DELETE ON credits_batch
  FOR EACH ROW EXECUTE FUNCTION credits_refuse_change();
CREATE CONSTRAINT TRIGGER credits_batch_whole AFTER UPDATE ON credits_batch
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_check_whole('batch');
CREATE TRIGGER credits_claim_guarded BEFORE INSERT OR UPDATE OR DELETE ON credits_energyclaim
  FOR EACH ROW EXECUTE FUNCTION credits_guard_claim();
CREATE TRIGGER credits_block_guarded BEFORE INSERT OR UPDATE ON credits_block
  FOR EACH ROW EXECUTE FUNCTION credits_guard_block();
CREATE TRIGGER credits_block_stays BEFORE DELETE ON credits_block
  FOR EACH ROW EXECUTE FUNCTION credits_refuse_change();
CREATE CONSTRAINT TRIGGER credits_block_whole AFTER UPDATE ON credits_block
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_check_whole('split');
CREATE CONSTRAINT TRIGGER credits_block_issued AFTER INSERT ON credits_block
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credits_check_issued();
CREATE TRIGGER credits_event_stays BEFORE UPDATE OR DELETE ON credits_blockevent
  FOR EACH ROW EXECUTE FUNCTION credits_refuse_change();
CREATE TRIGGER credits_rule_stays BEFORE UPDATE OR DELETE ON credits_greenrule
  FOR EACH ROW EXECUTE FUNCTION credits_refuse_change();
CREATE TRIGGER credits_grant_guarded BEFORE UPDATE ON credits_greengrant
  FOR EACH ROW EXECUTE FUNCTION credits_guard_grant();
CREATE TRIGGER credits_grant_stays BEFORE DELETE ON credits_greengrant
  FOR EACH ROW EXECUTE FUNCTION credits_refuse_change();
CREATE TRIGGER credits_counter_guarded BEFORE INSERT OR UPDATE ON credits_serialcounter
  FOR EACH ROW EXECUTE FUNCTION credits_guard_counter();
CREATE TRIGGER credits_counter_stays BEFORE DELETE ON credits_serialcounter
  FOR EACH ROW EXECUTE FUNCTION credits_refuse_change();
"""
BACKWARD = """
DROP TRIGGER credits_counter_stays ON credits_serialcounter;
DROP TRIGGER credits_counter_guarded ON credits_serialcounter;
DROP TRIGGER credits_grant_stays ON credits_greengrant;
DROP TRIGGER credits_grant_guarded ON credits_greengrant;
DROP TRIGGER credits_rule_stays ON credits_greenrule;
DROP TRIGGER credits_event_stays ON credits_blockevent;
DROP TRIGGER credits_block_issued ON credits_block;
DROP TRIGGER credits_block_whole ON credits_block;
DROP TRIGGER credits_block_stays ON credits_block;
DROP TRIGGER credits_block_guarded ON credits_block;
DROP TRIGGER credits_claim_guarded ON credits_energyclaim;
DROP TRIGGER credits_batch_whole ON credits_batch;
DROP TRIGGER credits_batch_stays ON credits_batch;
DROP TRIGGER credits_batch_guarded ON credits_batch;
DROP FUNCTION credits_guard_counter();
DROP FUNCTION credits_guard_grant();
DROP FUNCTION credits_check_issued();
DROP FUNCTION credits_check_whole();
DROP FUNCTION credits_guard_block();
DROP FUNCTION credits_guard_claim();
DROP FUNCTION credits_guard_batch();
DROP FUNCTION credits_refuse_change();
"""


class Migration(migrations.Migration):
    """States go one way, claims stay, serials never overlap or vanish, histories are append-only."""

    dependencies = [("credits", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
