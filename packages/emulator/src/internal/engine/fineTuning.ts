import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import type { Ids } from "../../Ids.js"
import * as Store from "../../Store.js"
import {
  all,
  type File,
  files,
  type FineTunedModel,
  fineTunedModels,
  type FineTuningCheckpoint,
  fineTuningCheckpoints,
  type FineTuningEvent,
  fineTuningEvents,
  type FineTuningJob,
  fineTuningJobs,
  freshId,
  insert,
  insertOwner,
  now,
  writeBlob
} from "../documents.js"
import type { Work } from "./drivers.js"
import { Engine, type Next, orLeft, pace } from "./engine.js"
import * as Resumption from "./resumption.js"
import * as training from "./training.js"

// The work on a fine-tuning job: validating_files, queued, running for each epoch, succeeded. Each of them lasts for a while,
// or until a request has read the job.

type Status = "validating_files" | "queued" | "running"

const active: ReadonlyArray<Status> = ["validating_files", "queued", "running"]

export const isActive = ({ status }: FineTuningJob): boolean => active.some((one) => one === status)

const keyOfWork = (id: string): string => `fine_tuning.job/${id}`

const workOf = ({ id }: FineTuningJob): Work => ({ key: keyOfWork(id), kind: "fine_tuning.job", id, parent: "" })

const load = (id: string, intent?: Store.Intent) =>
  Effect.flatMap(Store.Store, (store) => Effect.map(store.get(fineTuningJobs, id, "", intent), Option.getOrUndefined))

// -----------------------------------------------------------------------------
// events
// -----------------------------------------------------------------------------

/** Adds an event to a job. */
export const log = (
  job_id: string,
  message: string,
  rest: Partial<Pick<FineTuningEvent, "level" | "type" | "data">> = {}
) =>
  Effect.flatMap(now, (created_at) =>
    insert(fineTuningEvents, freshId("ftevent-"), (id): FineTuningEvent => ({
      id,
      object: "fine_tuning.job.event",
      created_at,
      level: "info",
      type: "message",
      data: {},
      ...rest,
      message,
      job_id
    })))

/** The maximum number of events with metrics. */
const maxMetrics = 200

const logMetrics = (job: FineTuningJob, step: number) => {
  const { total } = training.planOf(job)
  const metrics = training.metricsOf(job, step)
  const loss = (name: string, value: number | undefined) =>
    value === undefined ? "" : `, ${name} loss=${value.toFixed(2)}`
  return log(
    job.id,
    `Step ${step}/${total}: training loss=${metrics.train_loss.toFixed(2)}` +
      loss("validation", metrics.valid_loss) + loss("full validation", metrics.full_valid_loss),
    { type: "metrics", data: { ...metrics, total_steps: total } }
  )
}

// -----------------------------------------------------------------------------
// steps
// -----------------------------------------------------------------------------

/** Changes a job, unless it has changed meanwhile. */
const onlyIf = <E, R>(job: FineTuningJob, change: Effect.Effect<void, E, R>) =>
  Effect.flatMap(
    Store.Store,
    (store) =>
      store.transaction(
        Effect.flatMap(
          load(job.id, "update"),
          (current) => current?.status === job.status && current.epoch === job.epoch ? change : Effect.void
        )
      )
  )

const fail = (job: FineTuningJob, { code, message, param }: training.Failure) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    yield* store.set(fineTuningJobs, {
      ...job,
      status: "failed",
      error: { code, message, param },
      finished_at: yield* now,
      estimated_finish: null
    })
    yield* log(job.id, message, { level: "error" })
  })

const validate = (job: FineTuningJob) =>
  Effect.flatMap(training.validate(job), (result) =>
    onlyIf(
      job,
      Either.isLeft(result)
        ? fail(job, result.left)
        : Effect.gen(function*() {
          const store = yield* Store.Store
          yield* store.set(fineTuningJobs, { ...result.right, status: "queued" })
          yield* log(job.id, "Files validated, moving job to queued state")
        })
    ))

const start = (job: FineTuningJob) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { epochs } = training.planOf(job)
    yield* store.set(fineTuningJobs, {
      ...job,
      status: "running",
      estimated_finish: (yield* now) + Math.ceil(epochs * pace / 1000)
    })
    yield* log(job.id, "Fine-tuning job started")
  })

/** The name of the model of a job. */
const modelOf = ({ id, model, suffix }: FineTuningJob): string => {
  const base = model.startsWith("ft:") ? model.split(":")[1] : model
  const characters = createHash("md5").update(id).digest("base64url").replace(/[-_]/g, "0").slice(0, 8)
  return `ft:${base}:${organization}:${suffix}:${characters}`
}

/** The organization that owns jobs and their models. */
export const organization = "emulator"

const maxCheckpoints = 3

const addCheckpoint = (job: FineTuningJob, step: number, model: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const created_at = yield* now
    yield* insert(fineTuningCheckpoints, freshId("ftckpt_"), (id): FineTuningCheckpoint => ({
      id,
      object: "fine_tuning.job.checkpoint",
      created_at,
      fine_tuned_model_checkpoint: model,
      step_number: step,
      metrics: training.metricsOf(job, step),
      fine_tuning_job_id: job.id
    }))
    const { data } = yield* store.list(fineTuningCheckpoints, { parent: job.id, order: "desc", limit: all })
    yield* Effect.forEach(data.slice(maxCheckpoints), ({ id }) => store.remove(fineTuningCheckpoints, id, job.id), {
      discard: true
    })
  })

/** Trains an epoch. */
const train = (job: FineTuningJob) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const missing = yield* training.checkFiles(job)
    if (missing !== undefined) return yield* fail(job, missing)
    const { epochs, perEpoch, total } = training.planOf(job)
    const every = Math.ceil(total / maxMetrics)
    const last = (job.epoch + 1) * perEpoch
    for (let step = last - perEpoch + 1; step <= last; step++) {
      if (step % every === 0 || step === last) yield* logMetrics(job, step)
    }
    const epoch = job.epoch + 1
    if (epoch < epochs) {
      const model = `${modelOf(job)}:ckpt-step-${last}`
      yield* addCheckpoint(job, last, model)
      yield* log(job.id, `Checkpoint created at step ${last} with Snapshot ID: ${model}`)
      yield* store.set(fineTuningJobs, { ...job, epoch })
      return
    }
    yield* addCheckpoint(job, last, modelOf(job))
    yield* store.set(fineTuningJobs, { ...job, epoch })
  })

/** Writes the result file, whose document follows with the end of the job. */
const writeResults = (job: FineTuningJob) =>
  Effect.gen(function*() {
    let bytes = 0
    const id = yield* writeBlob(
      freshId("file-"),
      Stream.tap(training.resultsOf(job), ({ length }) => Effect.sync(() => bytes += length))
    )
    const file: File = {
      id,
      object: "file",
      bytes,
      created_at: yield* now,
      filename: "step_metrics.csv",
      purpose: "fine-tune-results",
      status: "processed"
    }
    return file
  })

const succeed = (job: FineTuningJob, file: File) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const time = yield* now
    const model: FineTunedModel = { id: modelOf(job), created_at: time, owned_by: job.organization_id }
    yield* insertOwner(files, file)
    yield* store.set(fineTunedModels, model)
    yield* store.set(fineTuningJobs, {
      ...job,
      status: "succeeded",
      finished_at: time,
      fine_tuned_model: model.id,
      trained_tokens: job.tokens * training.planOf(job).epochs,
      result_files: [file.id],
      estimated_finish: null
    })
    yield* log(job.id, `New fine-tuned model created: ${model.id}`)
    yield* log(job.id, "The job has successfully completed")
  })

/** One step of the work on a job. */
const step = (id: string) =>
  Effect.gen(function*() {
    const job = yield* load(id)
    switch (job?.status) {
      case "validating_files":
        yield* validate(job)
        break
      case "queued":
        yield* onlyIf(job, start(job))
        break
      case "running": {
        const { epochs } = training.planOf(job)
        if (job.epoch < epochs) yield* onlyIf(job, train(job))
        const trained = yield* load(id)
        if (trained?.status === "running" && trained.epoch === epochs) {
          const file = yield* writeResults(trained)
          yield* onlyIf(trained, succeed(trained, file))
        }
        break
      }
      default:
        return undefined
    }
    const current = yield* load(id)
    return current !== undefined && isActive(current) ? next : undefined
  })

const next: Next = { after: pace, onLook: true }

/** Begins the work on a job, or continues it. Must follow the transaction that created the job. */
export const pursue = (job: FineTuningJob) =>
  Effect.gen(function*() {
    const { id } = job
    const engine = yield* Engine
    yield* engine.begin<Ids | Store.Store>({
      ...workOf(job),
      isQuick: true,
      first: next,
      step: () => orLeft(`The fine-tuning job ${id}`)(step(id))
    })
  })

/** For every request that reads a job. */
export const look = (id: string) => Effect.flatMap(Engine, (engine) => engine.look(keyOfWork(id)))

/** Takes the steps that are due. */
export const catchUp = (id: string) => Effect.flatMap(Engine, (engine) => engine.catchUp(keyOfWork(id)))

export const { claim, nudge, resume, resumeLease } = Resumption.make({
  name: "Fine-tuning jobs",
  workOf,
  unfinished: Effect.flatMap(
    Store.Store,
    (store) =>
      Effect.map(Effect.forEach(active, (status) => store.find(fineTuningJobs, { status })), (all) => all.flat())
  ),
  load: (id) => load(id),
  isActive,
  pursue
})
