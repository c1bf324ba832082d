import * as Effect from "effect/Effect"
import * as Store from "../../Store.js"
import { all as allDocuments, now } from "../documents.js"
import * as Costs from "./costs.js"
import * as Documents from "./documents.js"
import { isExpired } from "./invites.js"
import * as RateLimits from "./rateLimits.js"

// What the page about the organization shows.

const shownEntries = 100

const day = 86_400

const shownDays = 14

const kinds: ReadonlyArray<Documents.UsageKind> = [...Costs.billed, "moderations"]

const list = <A extends Store.Document>(collection: Store.Collection<A>, limit: number, parent?: string) =>
  Effect.flatMap(
    Store.Store,
    (store) => Effect.map(store.list(collection, { parent, order: "desc", limit }), ({ data }) => data)
  )

/** A project with what belongs to it. */
const projectOf = (project: Documents.Project) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const modified = yield* store.find(Documents.rateLimits, { project_id: project.id })
    const limits = yield* RateLimits.all(project.id)
    const keys = yield* list(Documents.apiKeys, allDocuments, project.id)
    return {
      ...project,
      users: yield* list(Documents.projectUsers, allDocuments, project.id),
      service_accounts: yield* list(Documents.serviceAccounts, allDocuments, project.id),
      api_keys: keys.map(({ digest: _, ...key }) => key),
      rate_limits: limits.map((limit) => ({ ...limit, is_modified: modified.some(({ id }) => id === limit.id) }))
    }
  })

/** What was used on each day, by kind and model, and what it costs. */
const usageOf = (prices: typeof Costs.prices) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const today = Math.floor((yield* now) / day) * day
    const days = Array.from({ length: shownDays }, (_, index) => today - (shownDays - 1 - index) * day)
    const rows = yield* Effect.forEach(kinds, (kind) =>
      Effect.map(
        store.aggregate(Documents.usageRows, {
          parent: kind,
          from: days[0]!,
          to: today + day,
          width: day,
          by: ["model", "batch"],
          sum: Costs.summed
        }),
        (sums) =>
          sums.map((row) => ({
            day: row.time,
            kind,
            model: row.by["model"],
            batch: row.by["batch"],
            requests: row.count,
            ...row.sum,
            dollars: Costs.lineItems(kind, row, prices).reduce((sum, [, dollars]) => sum + dollars, 0)
          }))
      ))
    return { days, rows: rows.flat() }
  })

/** The organization as it is now. */
export const overview = (prices: typeof Costs.prices) =>
  Effect.gen(function*() {
    const projects = yield* list(Documents.projects, allDocuments)
    const invites = yield* list(Documents.invites, allDocuments)
    const entries = yield* list(Documents.auditEntries, shownEntries)
    return {
      projects: yield* Effect.forEach(projects, projectOf),
      users: yield* list(Documents.users, allDocuments),
      invites: yield* Effect.forEach(invites, isExpired),
      audit_log: entries.map(({ entry }) => entry),
      usage: yield* usageOf(prices)
    }
  })
