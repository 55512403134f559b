"""The member of Database that several machines share: PostgreSQL, by psycopg 3 (extra ``postgres``)."""
