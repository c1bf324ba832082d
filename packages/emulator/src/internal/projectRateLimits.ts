import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { fromStore, notFound, refused } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { changes } from "./organization/audit.js"
import { type RateLimit, rateLimits } from "./organization/documents.js"
import { activeProject } from "./organization/organization.js"
import { all, ofOrganization } from "./organization/rateLimits.js"

interface Query {
  readonly after?: string | undefined
  readonly before?: string | undefined
  readonly limit?: number | undefined
}

const indexOf = (limits: ReadonlyArray<RateLimit>, cursor: "after" | "before", id: string | undefined) => {
  if (id === undefined) return Effect.succeed(undefined)
  const index = limits.findIndex((limit) => limit.id === id)
  return index === -1 ? new Store.CursorNotFound({ cursor, id }) : Effect.succeed(index)
}

/** A page of the limits, in the order of the models. */
const pageOf = (limits: ReadonlyArray<RateLimit>, query: Query) =>
  Effect.gen(function*() {
    const { limit = 100 } = query
    const after = yield* indexOf(limits, "after", query.after)
    const before = yield* indexOf(limits, "before", query.before)
    const between = limits.slice(after === undefined ? 0 : after + 1, before)
    const isBackwards = after === undefined && before !== undefined
    const data = isBackwards ? between.slice(-limit) : between.slice(0, limit)
    return {
      object: "list" as const,
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: between.length > data.length
    }
  })

export const layer = HttpApiBuilder.group(api, "ProjectRateLimits", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("list-project-rate-limits", ({ path: { project_id }, urlParams }) =>
        fromStore(Effect.gen(function*() {
          yield* activeProject(project_id)
          return yield* pageOf(yield* all(project_id), urlParams)
        })))
      .handle("update-project-rate-limits", ({ path: { project_id, rate_limit_id }, payload }) =>
        changes(Effect.gen(function*() {
          const project = yield* activeProject(project_id)
          const limit = (yield* all(project_id)).find(({ id }) =>
            id === rate_limit_id
          )
          if (limit === undefined) return yield* notFound("rate limit")(rate_limit_id)
          const most = ofOrganization(project_id, limit.model)
          const changed = Object.entries(payload).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, value] as const]
          )
          for (const [name, value] of changed) {
            const maximum = most[name as keyof typeof payload]
            if (maximum === undefined) return yield* refused(`The model ${limit.model} has no limit ${name}.`, name)
            if (value < 0) return yield* refused(`The limit ${name} must be at least 0.`, name)
            if (value > maximum) {
              return yield* refused(
                `The limit ${name} of the organization is ${maximum}, however you requested ${value}.`,
                name
              )
            }
          }
          const modified: RateLimit = { ...limit, ...Object.fromEntries(changed) }
          yield* store.set(rateLimits, modified)
          const payloadOf = { changes_requested: Object.fromEntries(changed) }
          return {
            result: modified,
            events: [{ type: "rate_limit.updated", id: modified.id, payload: payloadOf, project }]
          }
        })))
  }))
