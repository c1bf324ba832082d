import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Options, PgStoreError } from "../../PgStore.js"
import { IdTaken, type Service } from "../../Store.js"
import { inOrder } from "../conditions.js"
import { codeOf, documentsOf, messageOf, newerVersion, pageOf, sumsOf } from "../sql.js"
import * as Blobs from "./blobs.js"
import * as Buckets from "./buckets.js"
import * as Claims from "./claims.js"
import * as DatabaseClock from "./clock.js"
import * as Connection from "./connection.js"
import * as Entries from "./entries.js"
import { marker } from "./fields.js"
import * as Leases from "./leases.js"
import * as Nodes from "./nodes.js"
import * as Notifications from "./notifications.js"
import { migrate, migrations } from "./schema.js"
import * as Statements from "./statements.js"
import * as States from "./states.js"
import * as Streams from "./streams.js"

type Fields = ConstructorParameters<typeof PgStoreError>[0]

type Fail = (fields: Fields) => PgStoreError

// -----------------------------------------------------------------------------
// opening
// -----------------------------------------------------------------------------

/** The database as a person knows it, without user and password. */
const nameOf = (url: URL): string => `${url.host === "" ? "localhost" : url.host}${url.pathname}`

const explain = (database: string, error: unknown): Fields => {
  const code = codeOf(error)
  const message = messageOf(error)
  const fields = { database, cause: error }
  if (code === "3D000") return { ...fields, reason: "NotFound", message: `${database} does not exist.` }
  if (code === "3F000") {
    return { ...fields, reason: "NotFound", message: `${database} has no schema that this user may use: ${message}` }
  }
  if (/^28/.test(code)) return { ...fields, reason: "Denied", message: `${database} refuses this user: ${message}` }
  if (code === "42501") return { ...fields, reason: "Denied", message: `This user may not use ${database}: ${message}` }
  if (/^E[A-Z]/.test(code) || /^(?:08|57P)/.test(code) || /time(?:d ?)?out|terminated/i.test(message)) {
    return { ...fields, reason: "Unreachable", message: `${database} can't be reached: ${message}` }
  }
  return { ...fields, reason: "Unusable", message: `${database} can't be used: ${message}` }
}

const configOf = (url: string, { connectTimeout = "5 seconds" }: Options) => ({
  url: Redacted.make(url),
  connectTimeout,
  applicationName: "effect-openai emulator"
})

const connect = (config: PgClient.PgClientConfig, maxConnections: number) =>
  Effect.map(
    Layer.build(Layer.fresh(PgClient.layer({ ...config, maxConnections }))),
    (context) => Context.get(context, SqlClient.SqlClient)
  )

/** Parses the URL. An error of the parser would repeat the password. */
const parse = (url: string) =>
  /^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url) ? Option.some(new URL(url)) : Option.none()

// -----------------------------------------------------------------------------
// service
// -----------------------------------------------------------------------------

const serviceOf = (connections: Connection.Connections): Omit<Service, "readBlob" | "removeBlob" | "writeBlob"> => {
  const { execute, transaction, write } = connections

  return {
    get: ({ name }, id, parent = "", intent = "read") =>
      Effect.map(
        Effect.flatMap(execute(Statements.select(name, parent, id, intent)), documentsOf),
        ([document]) => Option.fromNullable(document)
      ),

    insert: (collection, document) =>
      Effect.flatMap(
        write(Statements.insert(collection, document)),
        ([row]) => row === undefined ? new IdTaken({ id: document.id }) : Effect.void
      ),

    set: (collection, document) => Effect.asVoid(write(Statements.upsert(collection, document))),

    remove: ({ name }, id, parent = "") =>
      Effect.map(write(Statements.remove(name, parent, id)), ([row]) => row !== undefined),

    list: ({ name }, query) =>
      pageOf<any, Statements.Position>(
        query,
        (id) => execute(Statements.selectPosition(name, query.parent ?? "", id)),
        (bounds) => execute(Statements.page(name, query, bounds))
      ),

    find: ({ name }, where) => Effect.flatMap(execute(Statements.find(name, where)), documentsOf),

    aggregate: ({ name }, aggregate) =>
      Effect.gen(function*() {
        const { by, parent = "" } = aggregate
        const rows = yield* execute(Statements.sums(name, aggregate))
        const isHashed = (value: unknown) => typeof value === "string" && value.startsWith(marker)
        const hashed = rows.filter((row) => by.some((_, index) => isHashed(row[`by${index}`])))
        const samples = new Map<string, any>()
        if (hashed.length > 0) {
          const found = yield* execute(Statements.samples(name, parent, hashed.map(({ sample }) => sample)))
          const documents = yield* documentsOf(found)
          for (const [index, { id }] of found.entries()) samples.set(id, documents[index])
        }
        return inOrder(rows.map((row) =>
          sumsOf(aggregate, row, (value, field) => isHashed(value) ? samples.get(row.sample)?.[field] ?? value : value)
        ))
      }),

    transaction
  }
}

/** The errors are the public module's, which imports this one. */
export const make = (options: Options, fail: Fail) =>
  Effect.gen(function*() {
    const { clock = "database", maxConnections = 10 } = options
    const text = Redacted.value(options.url)
    const url = Option.getOrUndefined(parse(text))
    if (url === undefined) {
      return yield* fail({
        reason: "Unusable",
        database: "",
        message: "The URL of the database is not valid, or does not begin with postgres://."
      })
    }
    const database = nameOf(url)
    const attempt = Effect.mapError((error: unknown) => fail(explain(database, error)))
    const config = configOf(text, options)
    const sql = yield* attempt(connect(config, maxConnections))
    const connections = Connection.make(sql, maxConnections)
    const notify = Effect.flatMap(
      connections.execute({ sql: "SELECT current_schema() AS schema", params: [] }),
      // Without a schema the migration fails, and says so.
      ([row]) => Notifications.make(config, connections, row.schema ?? "")
    )
    const [{ isForeign, version }, own, { channel, ...notifications }] = yield* attempt(
      Effect.all([migrate(sql), connect(config, 1), notify], { concurrency: "unbounded" })
    )
    if (isForeign) {
      return yield* fail({
        reason: "Foreign",
        database,
        message: `${database} has the tables of something else. An empty database or an empty schema can be used.`
      })
    }
    if (version > migrations.length) {
      return yield* fail({
        reason: "NewerVersion",
        database,
        message: newerVersion(database, version, migrations.length)
      })
    }

    // A process that has much to do must not lose its leases because of that.
    const alone = Connection.make(own, 1)
    const time = DatabaseClock.make(Clock.make())
    const { live, ...node } = Nodes.make(alone, time.set)
    const { removeOrphans, ...blobs } = Blobs.make(connections, node.id)
    const { removeClaims, ...claims } = Claims.make(connections, node.id)
    const clean = Effect.all([removeOrphans, removeClaims, connections.execute(Streams.removeOld)], { discard: true })
    yield* attempt(live(clean))
    const nodes = { ...node, ...notifications, ...Leases.make(connections, alone, node.id, channel) }

    const service: Service = {
      ...serviceOf(connections),
      ...blobs,
      nodes,
      streams: Streams.make(connections, channel),
      shared: {
        ...Buckets.make(connections),
        ...States.make(connections),
        ...claims,
        ...Entries.make(connections, node.id)
      },
      clock: clock === "database" ? time.clock : undefined
    }
    return service
  })
