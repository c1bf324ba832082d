import { ServerError } from "@effect-openai/core/Api"
import type * as Contract from "@effect-openai/core/FineTuning"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../Store.js"
import { api } from "./api.js"
import {
  files,
  fineTunedModels,
  fineTuningCheckpoints,
  fineTuningEvents,
  type FineTuningJob,
  fineTuningJobs,
  freshId,
  getOrFail,
  getToUpdate,
  insert,
  list,
  now
} from "./documents.js"
import * as lifecycle from "./engine/fineTuning.js"
import { fromStore, noFineTuningJob, refused } from "./errors.js"
import { hash } from "./hash.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { askToPoll } from "./polling.js"

/** The base models that can be fine-tuned, with the dated name of each. */
const baseModels: Readonly<Record<string, string>> = {
  "babbage-002": "babbage-002",
  "davinci-002": "davinci-002",
  "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
  "gpt-4": "gpt-4-0613",
  "gpt-4o": "gpt-4o-2024-08-06",
  "gpt-4o-mini": "gpt-4o-mini-2024-07-18"
}

const dated = new Set([
  ...Object.values(baseModels),
  "gpt-3.5-turbo-0613",
  "gpt-3.5-turbo-1106",
  "gpt-4o-2024-05-13",
  "gpt-4o-2024-11-20"
])

/** The dated name of a base model. A fine-tuned model can be trained further. */
const baseModelOf = (model: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    if (Object.hasOwn(baseModels, model)) return baseModels[model]!
    if (dated.has(model) || Option.isSome(yield* store.get(fineTunedModels, model))) return model
    return yield* new ServerError({
      status: 400,
      code: "model_not_available",
      message: `Model ${model} is not available for fine-tuning or does not exist.`,
      summary: "The model is not available for fine-tuning or does not exist."
    })
  })

const checkFile = (param: "training_file" | "validation_file", id: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const file = Option.getOrUndefined(yield* store.get(files, id))
    if (file?.purpose !== "fine-tune") return yield* refused(`invalid ${param}: Invalid File Name`, param)
  })

const autoHyperparameters = { n_epochs: "auto", batch_size: "auto", learning_rate_multiplier: "auto" } as const

/** The method of a request with the hyperparameters that it leaves open. */
const methodOf = (
  { hyperparameters = {}, method = {} }: Contract.CreateFineTuningJobRequest
): Pick<FineTuningJob, "hyperparameters" | "method"> => {
  if (method.type === "dpo") {
    return {
      method: {
        type: "dpo",
        dpo: { hyperparameters: { beta: "auto", ...autoHyperparameters, ...method.dpo?.hyperparameters } }
      }
    }
  }
  const all = { ...autoHyperparameters, ...hyperparameters, ...method.supervised?.hyperparameters }
  return { hyperparameters: all, method: { type: "supervised", supervised: { hyperparameters: all } } }
}

/** Creates a job with its first events. Must run in a transaction. */
const addJob = (request: Contract.CreateFineTuningJobRequest) =>
  Effect.gen(function*() {
    const { integrations, seed, suffix, training_file, validation_file = null } = request
    const model = yield* baseModelOf(request.model)
    yield* checkFile("training_file", training_file)
    if (validation_file !== null) yield* checkFile("validation_file", validation_file)
    const created_at = yield* now
    const job = yield* insert(fineTuningJobs, freshId("ftjob-"), (id): FineTuningJob => ({
      id,
      object: "fine_tuning.job",
      created_at,
      model,
      status: "validating_files",
      error: {},
      fine_tuned_model: null,
      finished_at: null,
      organization_id: `org-${lifecycle.organization}`,
      result_files: [],
      trained_tokens: null,
      training_file,
      validation_file,
      integrations: (integrations ?? []).map(({ type, wandb }) => ({
        type,
        wandb: { ...wandb, entity: wandb.entity ?? null }
      })),
      seed: seed ?? hash(id, 0) % 2 ** 31,
      estimated_finish: null,
      ...methodOf(request),
      suffix: suffix ?? "",
      examples: 0,
      tokens: 0,
      epoch: 0
    }))
    yield* lifecycle.log(job.id, `Created fine-tuning job: ${job.id}`)
    yield* lifecycle.log(
      job.id,
      `Validating training file: ${training_file}` +
        (validation_file === null ? "" : ` and validation file: ${validation_file}`)
    )
    yield* lifecycle.claim(job)
    return job
  })

const ended = { succeeded: "completed", failed: "failed", cancelled: "been cancelled" } as const

/** Ends a job. Must run in a transaction. */
const cancel = (id: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const job = yield* getToUpdate(fineTuningJobs, id, noFineTuningJob)
    if (job.status === "succeeded" || job.status === "failed" || job.status === "cancelled") {
      return yield* refused(`Job has already ${ended[job.status]}.`)
    }
    const cancelled: FineTuningJob = {
      ...job,
      status: "cancelled",
      finished_at: yield* now,
      estimated_finish: null
    }
    yield* store.set(fineTuningJobs, cancelled)
    yield* lifecycle.log(id, "Fine tuning process stopping due to job cancellation", { level: "warn" })
    return cancelled
  })

const page = <A>({ data, has_more }: { readonly data: ReadonlyArray<A>; readonly has_more: boolean }) => ({
  object: "list" as const,
  data,
  has_more
})

export const layer = HttpApiBuilder.group(api, "FineTuning", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const look = (id: string) =>
      Effect.zipRight(lifecycle.look(id), getOrFail(fineTuningJobs, id, noFineTuningJob)).pipe(
        Effect.tap(lifecycle.nudge)
      )
    return handlers
      .handle("createFineTuningJob", ({ payload }) =>
        fromStore(Effect.tap(store.transaction(addJob(payload)), lifecycle.pursue)))
      .handle("listPaginatedFineTuningJobs", ({ urlParams: { after, limit = 20 } }) =>
        fromStore(Effect.map(list(fineTuningJobs, { after, limit, order: "desc" }), page)))
      .handle("retrieveFineTuningJob", ({ path }) =>
        fromStore(Effect.tap(
          look(path.fine_tuning_job_id),
          (job) =>
            lifecycle.isActive(job) ? askToPoll : Effect.void
        )))
      .handle("cancelFineTuningJob", ({ path: { fine_tuning_job_id } }) =>
        fromStore(
          Effect.zipRight(lifecycle.catchUp(fine_tuning_job_id), store.transaction(cancel(fine_tuning_job_id)))
        ))
      .handle("listFineTuningEvents", ({ path: { fine_tuning_job_id }, urlParams: { after, limit = 20 } }) =>
        fromStore(Effect.zipRight(
          look(fine_tuning_job_id),
          Effect.map(list(fineTuningEvents, { parent: fine_tuning_job_id, after, limit, order: "desc" }), page)
        )))
      .handle("listFineTuningJobCheckpoints", ({ path: { fine_tuning_job_id }, urlParams: { after, limit = 10 } }) =>
        fromStore(Effect.zipRight(
          look(fine_tuning_job_id),
          list(fineTuningCheckpoints, { parent: fine_tuning_job_id, after, limit, order: "desc" })
        )))
  }))
