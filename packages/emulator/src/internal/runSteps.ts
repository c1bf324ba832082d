import { api } from "./api.js"
import { getOrFail, keyOf, list, runSteps } from "./documents.js"
import * as lifecycle from "./engine/lifecycle.js"
import { fromStore, noRunStep } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"

export const layer = HttpApiBuilder.group(api, "RunSteps", (handlers) =>
  handlers
    .handle("listRunSteps", ({ path, urlParams: { after, before, limit = 20, order = "desc" } }) =>
      fromStore(lifecycle.readWith(path, (run) =>
        list(runSteps, { parent: keyOf(run), after, before, limit, order }))))
    .handle("getRunStep", ({ path }) =>
      fromStore(lifecycle.readWith(path, (run) =>
        getOrFail(runSteps, path.step_id, noRunStep, keyOf(run))))))
