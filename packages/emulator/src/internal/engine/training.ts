import * as Jsonl from "@effect-openai/core/Jsonl"
import * as TrainingExamples from "@effect-openai/core/TrainingExamples"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Store from "../../Store.js"
import { Tokenizer } from "../../Tokenizer.js"
import { contentOfId, isLost } from "../content.js"
import { files, type FineTuningJob, type Hyperparameters } from "../documents.js"
import { hash } from "../hash.js"

// The training of a fine-tuning job. Nothing is trained: the metrics follow from the job's seed.

/** Why a job fails. */
export interface Failure {
  readonly code: string
  readonly param: string
  readonly message: string
}

type Param = "training_file" | "validation_file"

const deleted = (param: Param): Failure => ({
  code: `deleted_${param}`,
  param,
  message: `The job failed because the ${param.replace("_", " ")} was deleted`
})

/** Whether the files of a job are still there. */
export const checkFiles = (job: FineTuningJob) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    for (const param of ["training_file", "validation_file"] as const) {
      const id = job[param]
      if (id !== null && Option.isNone(yield* store.get(files, id))) return deleted(param)
    }
    return undefined
  })

const nameOf = (param: Param): string => param === "training_file" ? "Training file" : "Validation file"

/** The number of examples and tokens of a file, or what is wrong with it. */
const readFile = (job: FineTuningJob, param: Param, id: string) =>
  Effect.gen(function*() {
    const format = TrainingExamples.formatOf(job.model, job.method.type)
    const schema = TrainingExamples.formats[format] as Schema.Schema<unknown>
    const { count } = yield* Tokenizer
    let examples = 0
    let tokens = 0
    const invalid = yield* contentOfId(id).pipe(
      Jsonl.decodeEither(schema),
      Stream.runForEach((example) => {
        examples++
        if (Either.isLeft(example)) return Effect.fail(example.left)
        tokens += count(JSON.stringify(example.right), job.model)
        return Effect.void
      }),
      Effect.as(undefined),
      Effect.catchTag("JsonlError", (error) => Effect.succeed(error))
    )
    const name = nameOf(param)
    const failure: Failure | undefined = invalid !== undefined
      ? {
        code: "invalid_file_format",
        param,
        message: `${name}: invalid file format. Line ${invalid.line}${
          invalid.field === "" ? "" : `, field '${invalid.field}'`
        }: ${invalid.message}`
      }
      : param === "training_file" && examples < TrainingExamples.minExamples
      ? {
        code: "invalid_n_examples",
        param,
        message: `${name} has ${examples} example(s), but must have at least ${TrainingExamples.minExamples} examples`
      }
      : undefined
    return { examples, tokens, failure }
  }).pipe(Effect.catchIf(isLost, (error) => {
    const failure: Failure = { code: "server_error", param, message: `${nameOf(param)}: the file is incomplete.` }
    return Effect.as(Effect.logError(`The job ${job.id} failed`, error), { examples: 0, tokens: 0, failure })
  }))

/** Reads the files of a job, and chooses the hyperparameters that it leaves open. */
export const validate = (job: FineTuningJob) =>
  Effect.gen(function*() {
    const missing = yield* checkFiles(job)
    if (missing !== undefined) return Either.left(missing)
    const training = yield* readFile(job, "training_file", job.training_file)
    if (training.failure !== undefined) return Either.left(training.failure)
    if (job.validation_file !== null) {
      const { failure } = yield* readFile(job, "validation_file", job.validation_file)
      if (failure !== undefined) return Either.left(failure)
    }
    const { examples, tokens } = training
    return Either.right({ ...job, ...withChosen(job, examples), examples, tokens })
  })

const chosen = (given: Hyperparameters, examples: number): Hyperparameters => {
  const orElse = (value: number | "auto" | undefined, otherwise: number) =>
    value === undefined || value === "auto" ? otherwise : value
  return {
    ...given,
    n_epochs: orElse(given.n_epochs, examples < 100 ? 3 : 2),
    batch_size: orElse(given.batch_size, Math.min(256, Math.max(1, Math.floor(examples / 500)))),
    learning_rate_multiplier: orElse(given.learning_rate_multiplier, 1.8)
  }
}

const withChosen = ({ method }: FineTuningJob, examples: number): Pick<FineTuningJob, "hyperparameters" | "method"> => {
  if (method.type === "dpo") {
    const given = method.dpo?.hyperparameters ?? {}
    const { beta = "auto" } = given
    const hyperparameters = { ...chosen(given, examples), beta: beta === "auto" ? 0.1 : beta }
    return { method: { type: "dpo", dpo: { hyperparameters } } }
  }
  const hyperparameters = chosen(method.supervised?.hyperparameters ?? {}, examples)
  return { hyperparameters, method: { type: "supervised", supervised: { hyperparameters } } }
}

/** The hyperparameters of a job that was validated. */
export const planOf = ({ examples, method }: FineTuningJob) => {
  const { batch_size, n_epochs } = (method[method.type ?? "supervised"]?.hyperparameters ?? {}) as Hyperparameters
  const epochs = Number(n_epochs)
  const perEpoch = Math.ceil(examples / Number(batch_size))
  return { epochs, perEpoch, total: epochs * perEpoch }
}

interface Metrics {
  readonly step: number
  readonly train_loss: number
  readonly train_mean_token_accuracy: number
  readonly valid_loss?: number
  readonly valid_mean_token_accuracy?: number
  readonly full_valid_loss?: number
  readonly full_valid_mean_token_accuracy?: number
}

const rounded = (value: number): number => Math.round(value * 1e5) / 1e5

/** The metrics of a step. With a validation file, the last step of an epoch measures all of it. */
export const metricsOf = (job: FineTuningJob, step: number): Metrics => {
  const { perEpoch, total } = planOf(job)
  const at = (salt: number) => {
    const noise = hash(`${job.seed} ${step}`, salt) / 2 ** 32
    const loss = rounded((2 + noise / 2) * Math.exp(-2.5 * step / total) + noise / 20)
    return { loss, accuracy: rounded(Math.max(0, 1 - loss / 3)) }
  }
  const [train, valid, full] = [at(0), at(1), at(2)]
  return {
    step,
    train_loss: train.loss,
    train_mean_token_accuracy: train.accuracy,
    ...(job.validation_file === null
      ? {}
      : { valid_loss: valid.loss, valid_mean_token_accuracy: valid.accuracy }),
    ...(job.validation_file === null || step % perEpoch !== 0
      ? {}
      : { full_valid_loss: full.loss, full_valid_mean_token_accuracy: full.accuracy })
  }
}

/** The result file: the metrics of each step as CSV. */
export const resultsOf = (job: FineTuningJob): Stream.Stream<Uint8Array> => {
  const encoder = new TextEncoder()
  const rows = Stream.map(Stream.range(1, planOf(job).total), (step) => {
    const metrics = metricsOf(job, step)
    return [
      step,
      metrics.train_loss,
      metrics.train_mean_token_accuracy,
      metrics.valid_loss ?? "",
      metrics.valid_mean_token_accuracy ?? ""
    ].join(",")
  })
  return Stream.make("step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy").pipe(
    Stream.concat(rows),
    Stream.map((row) => encoder.encode(`${row}\n`))
  )
}
