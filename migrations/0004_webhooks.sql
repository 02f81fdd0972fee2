-- Events that merchants are told of, who listens, and every delivery with its attempts.

-- One signing secret per merchant and environment; the next one signs beside it until it is promoted.
CREATE TABLE webhook_secret (
  merchant_id      text NOT NULL REFERENCES merchant,
  environment      text NOT NULL,
  sealed_primary   bytea NOT NULL,
  primary_since    timestamptz NOT NULL,
  -- false until somebody was shown it: such a secret is replaced, not rotated
  primary_is_known boolean NOT NULL,
  sealed_next      bytea,
  next_since       timestamptz,
  PRIMARY KEY (merchant_id, environment)
);

CREATE TABLE webhook_subscription (
  merchant_id text NOT NULL REFERENCES merchant,
  id          uuid NOT NULL,
  environment text NOT NULL,
  app_id      text NOT NULL,
  url         text NOT NULL,
  events      text[] NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  -- the receiver answered 410 Gone; its deliveries wait until the subscription is updated
  disabled_at timestamptz,
  PRIMARY KEY (merchant_id, id)
);

CREATE UNIQUE INDEX webhook_subscription_url ON webhook_subscription (merchant_id, environment, url);

-- How many events there were about one subject (a session); outlives the events, which are kept for 30 days.
CREATE TABLE webhook_subject (
  merchant_id   text NOT NULL,
  subject       text NOT NULL,
  last_sequence integer NOT NULL,
  PRIMARY KEY (merchant_id, subject)
) WITH (fillfactor = 80);

CREATE TABLE webhook_event (
  merchant_id text NOT NULL,
  id          uuid NOT NULL,
  environment text NOT NULL,
  type        text NOT NULL,
  subject     text,
  sequence    integer NOT NULL,
  -- the bytes that are sent, the same at every attempt; null once the subject was erased
  sealed_body bytea,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, id)
);

CREATE INDEX webhook_event_subject ON webhook_event (merchant_id, subject) WHERE subject IS NOT NULL;
CREATE INDEX webhook_event_age ON webhook_event (created_at);

CREATE TABLE webhook_delivery (
  merchant_id     text NOT NULL,
  id              uuid NOT NULL,
  environment     text NOT NULL,
  event_id        uuid NOT NULL,
  subscription_id uuid NOT NULL,
  status          text NOT NULL CHECK (status IN ('waiting', 'delivered', 'exhausted', 'cancelled')),
  -- all attempts that were begun, and those since the schedule (re)started
  attempts        integer NOT NULL,
  failures        integer NOT NULL,
  -- a business time; null unless waiting
  next_attempt_at timestamptz,
  -- who attempts it now has until then, by the database's clock
  leased_until    timestamptz,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (merchant_id, id),
  CHECK ((status = 'waiting') = (next_attempt_at IS NOT NULL))
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX webhook_delivery_once ON webhook_delivery (merchant_id, event_id, subscription_id);
-- The sweep hops from receiver to receiver along it, so that a receiver's backlog hides nobody else's. Not
-- "WHERE status = 'waiting'", which looks-up by key say as well: with a backlog they would go through this index.
CREATE INDEX webhook_delivery_due ON webhook_delivery (merchant_id, subscription_id, next_attempt_at)
  WHERE next_attempt_at IS NOT NULL;

CREATE TABLE webhook_attempt (
  merchant_id text NOT NULL,
  delivery_id uuid NOT NULL,
  number      integer NOT NULL,
  started_at  timestamptz NOT NULL,
  duration_ms integer NOT NULL,
  -- the receiver's HTTP status, or why there was none
  status      smallint,
  failure     text,
  PRIMARY KEY (merchant_id, delivery_id, number),
  CHECK ((status IS NULL) <> (failure IS NULL))
);
