/**
 * Audit logs: who changed what in the organization, and when.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { eventTypes, payloads } from "./internal/auditLogPayloads.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The documented types of entries.
 *
 * @since 0.1.0
 * @category models
 */
export const EventType = Schema.Literal(...eventTypes).annotations({
  identifier: "AuditLogEventType",
  description: "The type of an entry."
})

export type EventType = Schema.Schema.Type<typeof EventType>

const optional = <S extends Schema.Schema.AnyNoContext>(schema: S, description: string) =>
  Schema.optional(schema.pipe(described(description)) as S)

const User = Tolerant.struct({}, {
  id: Schema.optional(Field.string("The user's ID.")),
  email: Schema.optional(Field.string("The user's email address."))
}).annotations({ identifier: "AuditLogActorUser", description: "A user who changed something." })

const ServiceAccount = Tolerant.struct({}, {
  id: Schema.optional(Field.string("The service account's ID."))
}).annotations({
  identifier: "AuditLogActorServiceAccount",
  description: "A service account that changed something."
})

const Session = Tolerant.struct({}, {
  user: Schema.optional(User),
  ip_address: Schema.optional(Field.string("The IP address of the session."))
}).annotations({ identifier: "AuditLogActorSession", description: "The session in which something was changed." })

const ApiKey = Tolerant.struct({}, {
  id: Schema.optional(Field.string("The key's ID.")),
  type: optional(Schema.Literal("user", "service_account"), "Who owns the key."),
  user: Schema.optional(User),
  service_account: Schema.optional(ServiceAccount)
}).annotations({ identifier: "AuditLogActorApiKey", description: "The API key that something was changed with." })

/**
 * Who changed something: a user in a session, or the owner of a key.
 *
 * @since 0.1.0
 * @category models
 */
export const Actor = Tolerant.struct({}, {
  type: optional(Schema.Literal("session", "api_key"), "The type of the actor."),
  session: Schema.optional(Session),
  api_key: Schema.optional(ApiKey)
}).annotations({ identifier: "AuditLogActor", description: "Who changed something." })

export interface Actor extends Schema.Schema.Type<typeof Actor> {}

const project = Schema.optional(
  Tolerant.struct({}, {
    id: Schema.optional(Field.string("The project's ID.")),
    name: Schema.optional(Field.string("The project's name."))
  }).pipe(described("The project that was changed, or of which something was changed."))
)

const id = Field.string("The entry's ID.")

const common = { effective_at: Field.timestamp("the change happened"), project, actor: Actor }

type Payloads = typeof payloads

/** An entry of one type, whose payload has the name of the type. */
const entry = <const Type extends keyof Payloads>(type: Type) =>
  Tolerant.struct(
    { id, type: Field.kind("entry", type) },
    // A computed name is any text to the compiler.
    { ...common, [type]: Schema.optional(payloads[type]) } as
      & typeof common
      & {
        readonly [K in Type]: Schema.optional<Payloads[K]>
      }
  )

/** An entry whose type has no payload. */
const plain = <const Type extends EventType>(type: Type) =>
  Tolerant.struct({ id, type: Field.kind("entry", type) }, common)

const entries = Tolerant.union(
  "type",
  entry("api_key.created"),
  entry("api_key.updated"),
  entry("api_key.deleted"),
  entry("invite.sent"),
  entry("invite.accepted"),
  entry("invite.deleted"),
  plain("login.succeeded"),
  entry("login.failed"),
  plain("logout.succeeded"),
  entry("logout.failed"),
  entry("organization.updated"),
  entry("project.created"),
  entry("project.updated"),
  entry("project.archived"),
  entry("service_account.created"),
  entry("service_account.updated"),
  entry("service_account.deleted"),
  entry("rate_limit.updated"),
  entry("rate_limit.deleted"),
  entry("user.added"),
  entry("user.updated"),
  entry("user.deleted")
)

/**
 * An entry of the audit log. Its payload is in the field with the name of its `type`. An entry of another type passes with
 * all its fields.
 *
 * @since 0.1.0
 * @category models
 */
export type AuditLog = Schema.Schema.Type<typeof entries>

/**
 * @since 0.1.0
 * @category models
 */
export const AuditLog: Schema.Schema<AuditLog> = Tolerant.documentedAs(
  entries,
  // The document states one object for all types. Its type is wider.
  Schema.make<any>(
    Struct.make({
      id,
      type: EventType,
      ...common,
      ...Object.fromEntries(Object.entries(payloads).map(([type, payload]) => [type, Schema.optional(payload)]))
    }).annotations({
      identifier: "AuditLog",
      title: "Audit log",
      description: "An entry of the audit log. Its payload is in the field with the name of its type."
    }).ast
  )
)

const ids = (description: string) => Schema.optional(Schema.Array(Schema.String).pipe(described(description)))

const Time = (description: string) => Schema.optional(Field.integer(`Only entries ${description}, in Unix seconds.`))

/**
 * @since 0.1.0
 * @category models
 */
export const ListAuditLogsQuery = Struct.make({
  effective_at: Schema.optional(
    Struct.make({
      gt: Time("after this time"),
      gte: Time("at or after this time"),
      lt: Time("before this time"),
      lte: Time("at or before this time")
    }).pipe(described("Only entries in this range of time."))
  ),
  project_ids: ids("Only entries of these projects."),
  event_types: Schema.optional(Schema.Array(EventType).pipe(described("Only entries of these types."))),
  actor_ids: ids("Only changes by these users, service accounts or API keys, by their IDs."),
  actor_emails: ids("Only changes by users with these email addresses."),
  resource_ids: ids("Only changes of these objects, by their IDs."),
  limit: Schema.optional(Pagination.limit({ maximum: 100, default: 20 })),
  after: Schema.optional(Pagination.After),
  before: Schema.optional(Pagination.Before)
})

export interface ListAuditLogsQuery extends Schema.Schema.Type<typeof ListAuditLogsQuery> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListAuditLogsResponse = Pagination.page(AuditLog).annotations({
  identifier: "ListAuditLogsResponse",
  description: "A page of the audit log."
})

export interface ListAuditLogsResponse extends Schema.Schema.Type<typeof ListAuditLogsResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "list-audit-logs",
  summary: "List audit logs",
  description: "Returns a page of the organization's audit log.",
  method: "GET",
  path: "/organization/audit_logs",
  query: ListAuditLogsQuery,
  success: Endpoint.json(ListAuditLogsResponse),
  pagination: Endpoint.cursor(),
  family: "administration"
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "AuditLogs",
  title: "Audit logs",
  description: "Who changed what in the organization, and when.",
  operations: { list }
})
