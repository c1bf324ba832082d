import * as Effect from "effect/Effect"
import type { Ids } from "../../Ids.js"
import * as Model from "../../Model.js"
import type * as Store from "../../Store.js"
import type { Loopback } from "../loopback.js"
import { inEachProject, inProjectOf } from "../organization/inEachProject.js"
import * as batches from "./batches.js"
import type { ResumeLease } from "./drivers.js"
import { Engine } from "./engine.js"
import * as fineTuning from "./fineTuning.js"
import * as lifecycle from "./lifecycle.js"
import type { RunEvents } from "./runEvents.js"
import * as uploads from "./uploads.js"

// Work continues after the process that did it has ended: in the next process on the store, or in another one that shares it.

/** How many replies a model gives to resumed runs at the same time. */
const maxReplies = 8

type Requirements = Engine | Ids | Loopback | Model.Model | RunEvents | Store.Store

const kinds: Record<Store.Lease["kind"], ResumeLease<Requirements>> = {
  run: lifecycle.resumeLease,
  batch: batches.resumeLease,
  "fine_tuning.job": fineTuning.resumeLease,
  upload: uploads.resumeLease
}

const resumeLease = (lease: Store.Lease) => {
  const { kind, project } = lease
  // A newer version may have other kinds of work. Those stay where they are.
  if (!Object.hasOwn(kinds, kind)) return Effect.logWarning(`Work of the kind ${kind} is not known here`)
  return inProjectOf(project)(kinds[kind]!(lease)).pipe(
    Effect.catchAllCause((cause) => Effect.logError(`The work ${lease.key} could not be resumed`, cause))
  )
}

const limited = Effect.gen(function*() {
  const model = yield* Model.Model
  const turns = yield* Effect.makeSemaphore(maxReplies)
  return Model.Model.of({ ...model, reply: (prompt) => turns.withPermits(1)(model.reply(prompt)) })
})

/** Resumes what an earlier process has left, and then what other processes leave from now on. */
export const resume = Effect.gen(function*() {
  const engine = yield* Engine
  yield* engine.share((leases) => Effect.forEach(leases, resumeLease, { discard: true }))
  const each = [uploads.resume, batches.resume, fineTuning.resume, lifecycle.resume]
  yield* inEachProject(Effect.all(each, { discard: true }))
}).pipe(Effect.provideServiceEffect(Model.Model, limited))
