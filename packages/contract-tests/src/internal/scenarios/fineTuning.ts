import { ChatCompletions, Files, FineTuning, Models } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as given from "./given.js"

const requires = ["stateful", "files", "errors", "jobs"] as const

/** Scenarios of fine-tuning. */
export const fineTuning: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "fineTuning/succeed",
    title: "a fine-tuning job creates a model that responds, and a file with its metrics",
    group: "state",
    operations: [
      "createFineTuningJob",
      "retrieveFineTuningJob",
      "retrieveModel",
      "createChatCompletion",
      "deleteModel",
      "downloadFile"
    ],
    requires,
    run: Effect.gen(function*() {
      const created = yield* given.job({ suffix: "stars", seed: 7 })
      yield* Scenario.includes("the job is created", created, {
        object: "fine_tuning.job",
        status: "validating_files",
        fine_tuned_model: null,
        finished_at: null,
        trained_tokens: null,
        validation_file: null,
        result_files: [],
        seed: 7
      })
      yield* Scenario.that("it names a dated base model", /-\d{4}-\d\d-\d\d$/.test(created.model ?? ""), created.model)
      const { job } = yield* given.trained(created.id)
      yield* Scenario.equal("the job has succeeded", job.status, "succeeded")
      yield* Scenario.that("tokens were trained", (job.trained_tokens ?? 0) > 0, job.trained_tokens)
      yield* Scenario.that("the time of its end is known", typeof job.finished_at === "number", job.finished_at)
      const model = yield* Scenario.present("the job has a model", job.fine_tuned_model)
      yield* Effect.addFinalizer(() => Effect.ignore(Models.delete({ model })))
      yield* Scenario.that("its name has the suffix", model.startsWith("ft:") && model.includes(":stars:"), model)
      yield* Scenario.equal("the model is available", (yield* Models.retrieve({ model })).id, model)
      const { choices } = yield* ChatCompletions.create({ model, messages: [{ role: "user", content: "Say hello." }] })
      yield* Scenario.that("the model responds", choices.length === 1, choices)
      const file = yield* Scenario.present("the job has a result file", job.result_files?.[0])
      const { purpose } = yield* Files.retrieve({ file_id: file })
      yield* Scenario.equal("the file has its purpose", purpose, "fine-tune-results")
      const content = yield* Files.content({ file_id: file })
      yield* Scenario.that("the file has content", content.length > 0, content.length)
      yield* Models.delete({ model })
      yield* Scenario.refused("the model can be deleted", "NotFoundError", Models.retrieve({ model }))
    })
  }),
  Scenario.make({
    id: "fineTuning/events",
    title: "a fine-tuning job has events, newest first, and a checkpoint for each epoch",
    group: "state",
    operations: ["listFineTuningEvents", "listFineTuningJobCheckpoints"],
    requires,
    run: Effect.gen(function*() {
      const { id: fine_tuning_job_id } = yield* given.job()
      const { job } = yield* given.trained(fine_tuning_job_id)
      const { data } = yield* FineTuning.events({ fine_tuning_job_id, limit: 100 })
      const messages = data.map(({ message = "" }) => message)
      yield* Scenario.equal(
        "the oldest event says that the job was created",
        messages.at(-1),
        `Created fine-tuning job: ${fine_tuning_job_id}`
      )
      yield* Scenario.that(
        "the newest event says that it is completed",
        messages[0]?.includes("completed") === true,
        messages[0]
      )
      const metrics = data.filter(({ type }) => type === "metrics")
      yield* Scenario.that(
        "events with metrics have the loss of a step",
        metrics.length > 0 && metrics.every(({ data }) => typeof data?.["train_loss"] === "number"),
        metrics[0]
      )
      const checkpoints = yield* FineTuning.checkpoints({ fine_tuning_job_id })
      yield* Scenario.equal("each of two epochs has a checkpoint", checkpoints.data.length, 2)
      const [last, first] = checkpoints.data.map((checkpoint) => checkpoint.fine_tuned_model_checkpoint)
      yield* Scenario.equal("the last one is the model", last, job.fine_tuned_model)
      yield* Scenario.that("the first one names its step", first?.includes(":ckpt-step-") === true, first)
    })
  }),
  Scenario.make({
    id: "fineTuning/cancel",
    title: "a fine-tuning job is cancelled immediately, and one that has ended is not",
    group: "state",
    operations: ["cancelFineTuningJob", "retrieveFineTuningJob"],
    requires,
    run: Effect.gen(function*() {
      const { id: fine_tuning_job_id } = yield* given.job()
      const cancelled = yield* FineTuning.cancel({ fine_tuning_job_id })
      yield* Scenario.equal("the job is cancelled", cancelled.status, "cancelled")
      const retrieved = yield* FineTuning.retrieve({ fine_tuning_job_id })
      yield* Scenario.includes("it stays cancelled", retrieved, { status: "cancelled", fine_tuned_model: null })
      yield* Scenario.refused("it is not cancelled again", "BadRequestError", FineTuning.cancel({ fine_tuning_job_id }))
      const { data: [event] } = yield* FineTuning.events({ fine_tuning_job_id, limit: 1 })
      yield* Scenario.equal("the last event is a warning", event?.level, "warn")
    })
  }),
  Scenario.make({
    id: "fineTuning/invalid",
    title: "a job with too few examples fails, and one without a file or a model is refused",
    group: "negative",
    operations: ["createFineTuningJob", "retrieveFineTuningJob"],
    requires,
    run: Effect.gen(function*() {
      const { id } = yield* given.job({}, given.examples(3))
      const { job } = yield* given.trained(id)
      yield* Scenario.equal("the job has failed", job.status, "failed")
      yield* Scenario.includes("the error says why", job.error ?? {}, {
        code: "invalid_n_examples",
        param: "training_file"
      })
      const training_file = "file-doesnotexist000000000000"
      const file = yield* Scenario.refused(
        "an unknown file is refused",
        "BadRequestError",
        given.job({ training_file })
      )
      yield* Scenario.equal("the error names the file", file.param, "training_file")
      const model = "gpt-nonexistent"
      const refused = yield* Scenario.refused("an unknown model is refused", "BadRequestError", given.job({ model }))
      yield* Scenario.equal("the error names the reason", refused.code, "model_not_available")
    })
  })
]
