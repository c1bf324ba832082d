import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { getOrFail, keyOf, list, runSteps } from "./documents.js"
import { runOf } from "./engine/current.js"
import * as lifecycle from "./engine/lifecycle.js"
import { fromStore, noRunStep } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"

export const layer = HttpApiBuilder.group(api, "RunSteps", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("listRunSteps", ({ path, urlParams: { after, before, limit = 20, order = "desc" } }) =>
        fromStore(Effect.zipRight(
          lifecycle.look(path.thread_id, path.run_id),
          store.transaction(Effect.flatMap(runOf(path), (run) =>
            list(runSteps, { parent: keyOf(run), after, before, limit, order })))
        )))
      .handle("getRunStep", ({ path }) =>
        fromStore(Effect.zipRight(
          lifecycle.look(path.thread_id, path.run_id),
          store.transaction(Effect.flatMap(runOf(path), (run) =>
            getOrFail(runSteps, path.step_id, noRunStep, keyOf(run))))
        )))
  }))
