import * as Effect from "effect/Effect"
import * as Store from "../../Store.js"
import * as Caller from "../caller.js"
import { projects, type Root, roots } from "./documents.js"

/** Who began the work of a project in an earlier process is not known any more. */
const callerIn = (root: Root, project_id: string): Caller.Caller => ({
  project_id,
  scope: project_id === root.default_project_id ? "" : project_id,
  owner: undefined,
  api_key_id: null,
  batch: false
})

/** A store without an organization has the default project only. */
const root = Effect.flatMap(Store.Store, (store) => Effect.map(store.find(roots, {}), ([root]) => root))

/** Runs an effect in each project. */
export const inEachProject = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const found = yield* root
    if (found === undefined) return yield* Effect.asVoid(effect)
    const all = yield* store.find(projects, {})
    yield* Effect.forEach(all, ({ id }) => Caller.as(callerIn(found, id))(effect), { discard: true })
  }).pipe(
    Effect.catchAllCause((cause) => Effect.logError("The work of an earlier process could not be resumed", cause))
  )

/** Runs an effect in a project, or in none. */
export const inProjectOf = (project_id: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  project_id === ""
    ? effect
    : Effect.flatMap(root, (found) => Caller.as(found === undefined ? undefined : callerIn(found, project_id))(effect))
