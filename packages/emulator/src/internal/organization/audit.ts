import type { ServerError } from "@effect-openai/core/Api"
import type * as AuditLogs from "@effect-openai/core/AuditLogs"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type { Ids } from "../../Ids.js"
import * as Store from "../../Store.js"
import * as Caller from "../caller.js"
import { freshId, insert, now, takeTurn } from "../documents.js"
import { fromStore } from "../errors.js"
import * as Documents from "./documents.js"

// The one place where changes of the organization are written into its audit log. An operation states what it did as
// events, and `changes` runs it and writes their entries in the same transaction.

type Payload = Readonly<Record<string, unknown>>

/** A change: the type of its entry, the object that was changed, and the other fields of the payload. */
export interface Event {
  readonly type: AuditLogs.EventType
  readonly id: string
  readonly payload?: Payload | undefined
  /** The project that the object is a part of. */
  readonly project?: Documents.Project | undefined
}

/** The result of an operation, and the events that it consists of. */
export interface Change<A> {
  readonly result: A
  readonly events: ReadonlyArray<Event>
}

/** The role in entries. */
export const roleOf = (role: "owner" | "reader" | "member"): "owner" | "member" => role === "owner" ? "owner" : "member"

/** The actor of the entries, and what it is found by. */
const actorOf = (caller: Caller.Caller | undefined) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { owner } = caller ?? {}
    if (caller === undefined || owner === undefined) return { actor: {}, ids: [], email: null }
    const id = caller.api_key_id
    const key = id === null ? {} : { id }
    const ids = [owner.id, ...(id === null ? [] : [id])]
    if (owner.type === "service_account") {
      const api_key = { ...key, type: "service_account" as const, service_account: { id: owner.id } }
      return { actor: { type: "api_key" as const, api_key }, ids, email: null }
    }
    const user = Option.getOrUndefined(yield* store.get(Documents.users, owner.id))
    const email = user?.email ?? null
    const api_key = { ...key, type: "user" as const, user: { id: owner.id, ...(email === null ? {} : { email }) } }
    return { actor: { type: "api_key" as const, api_key }, ids, email }
  })

/** A user in a session, without a key. */
const sessionOf = ({ email, id }: Documents.User) => ({
  actor: { type: "session" as const, session: { user: { id, email }, ip_address: "127.0.0.1" } },
  ids: [id],
  email
})

const write = (events: ReadonlyArray<Event>, session: Documents.User | undefined) =>
  Effect.gen(function*() {
    const { actor, email, ids } = session === undefined
      ? yield* actorOf(yield* FiberRef.get(Caller.current))
      : sessionOf(session)
    const effective_at = yield* now
    for (const { id, payload, project, type } of events) {
      yield* insert(Documents.auditEntries, freshId("audit_log-"), (entryId) => {
        const entry = {
          id: entryId,
          type,
          effective_at,
          ...(project === undefined ? {} : { project: { id: project.id, name: project.name } }),
          actor,
          [type]: { id, ...payload }
        }
        return {
          id: entryId,
          type,
          effective_at,
          project_id: project?.id ?? null,
          actor_ids: ids,
          actor_email: email,
          resource_id: id,
          // The payload has the name of the type.
          entry: entry as AuditLogs.AuditLog
        }
      })
    }
  })

/** Runs an operation that changes the organization, and writes its entries, in one transaction. */
export const changes = <A, E extends ServerError | Store.StoreError | Store.CursorNotFound, R>(
  operation: Effect.Effect<Change<A>, E, R>,
  session?: (result: A) => Documents.User
): Effect.Effect<A, ServerError, R | Store.Store | Ids> =>
  fromStore(Effect.flatMap(Store.Store, (store) =>
    store.transaction(Effect.gen(function*() {
      yield* takeTurn("organization")
      const { events, result } = yield* operation
      yield* write(events, session?.(result))
      return result
    }))))
