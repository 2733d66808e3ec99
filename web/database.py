"""What it looks like from here when the database does not answer."""

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from botbay.db import DatabaseError
from botbay.postgres import PostgresError

UNREACHABLE = (DBAPIError, PoolTimeoutError, psycopg.Error, DatabaseError, PostgresError)
