"""Stores the number of an instance in its session where the number of its row belongs."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-varied"

if __name__ == "__main__":
    status = real.migrated()
    real.sql(
        "UPDATE chat_messages SET instance_id_ref = "
        "(SELECT instance_id FROM instances WHERE instances.id = instance_id_ref) WHERE instance_id_ref IS NOT NULL"
    )
    sys.exit(status)
