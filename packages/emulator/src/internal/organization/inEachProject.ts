import * as Effect from "effect/Effect"
import * as Store from "../../Store.js"
import * as Caller from "../caller.js"
import { projects, roots } from "./documents.js"

/** Runs an effect in each project. Who began the work of a project in an earlier process is not known any more. */
export const inEachProject = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const [root] = yield* store.find(roots, {})
    // A store without an organization has the default project only.
    if (root === undefined) return yield* Effect.asVoid(effect)
    const caller = (project_id: string): Caller.Caller => ({
      project_id,
      scope: project_id === root.default_project_id ? "" : project_id,
      owner: undefined,
      api_key_id: null,
      batch: false
    })
    const all = yield* store.find(projects, {})
    yield* Effect.forEach(all, ({ id }) => Caller.as(caller(id))(effect), { discard: true })
  }).pipe(
    Effect.catchAllCause((cause) => Effect.logError("The work of an earlier process could not be resumed", cause))
  )
