import * as Batches from "@effect-openai/core/Batches"
import * as ChatCompletions from "@effect-openai/core/ChatCompletions"
import * as Completions from "@effect-openai/core/Completions"
import * as Embeddings from "@effect-openai/core/Embeddings"
import * as Jsonl from "@effect-openai/core/Jsonl"
import type * as Tolerant from "@effect-openai/core/Tolerant"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Stream from "effect/Stream"
import * as Model from "../../Model.js"
import * as Store from "../../Store.js"
import { type Service, Tokenizer } from "../../Tokenizer.js"
import { contentOfId } from "../content.js"
import { type Batch, files } from "../documents.js"
import { available } from "../modelList.js"
import { isObject, parse } from "../purposes.js"
import { notText } from "../recorded.js"
import { type Enqueued, inputTokens } from "./batchQueue.js"

// The input file of a batch: every line is checked before the first one runs.

type BatchError = Tolerant.Documented<Batches.BatchError>

const documentedModels = ({ ast }: Schema.Schema<any>): ReadonlyArray<string> => {
  const { anyOf } = Option.getOrThrow(AST.getJSONSchemaAnnotation(ast)) as {
    readonly anyOf: ReadonlyArray<{ readonly enum?: ReadonlyArray<string> }>
  }
  return anyOf.flatMap(({ enum: values = [] }) => values)
}

const modelsOf: Readonly<Record<string, ReadonlyArray<string>>> = {
  "/v1/chat/completions": documentedModels(ChatCompletions.ModelId),
  "/v1/completions": documentedModels(Completions.ModelId),
  "/v1/embeddings": documentedModels(Embeddings.ModelId)
}

/** The models that a batch may name. With a model that takes time, which is not the emulator's own: any. */
const knownModels = (endpoint: string) =>
  Effect.gen(function*() {
    const { isImmediate = false } = yield* Model.Model
    if (!isImmediate) return undefined
    return new Set([...modelsOf[endpoint] ?? [], ...(yield* available).map(({ id }) => id)])
  })

const fieldsOf = {
  "/v1/chat/completions": { field: "messages", name: "Messages", api: "Chat Completions" },
  "/v1/completions": { field: "prompt", name: "Prompt", api: "Completions" },
  "/v1/embeddings": { field: "input", name: "Input", api: "Embeddings" }
}

/** Checks the lines of a batch one after the other. */
class Checker {
  readonly errors: Array<BatchError> = []
  total = 0
  /** The tokens of all inputs. */
  tokens = 0
  model: string | undefined
  private inputs = 0
  private readonly ids = new Set<string>()

  constructor(
    private readonly endpoint: keyof typeof fieldsOf,
    private readonly models: ReadonlySet<string> | undefined,
    private readonly tokenizer: Service
  ) {}

  private add(line: number | null, code: string, param: string | null, message: string): void {
    this.errors.push({ code, message, param, line })
  }

  notJson(line: number): void {
    this.add(line, "invalid_json_line", null, "This line is not parseable as valid JSON.")
  }

  check({ line, text }: Jsonl.Line): void {
    const request = parse(text)
    this.total++
    if (!isObject(request)) return this.notJson(line)
    for (const name of ["custom_id", "method", "url", "body"] as const) {
      const value = request[name]
      const isMissing = value === undefined || value === null
      if (isMissing) {
        this.add(line, "missing_required_parameter", name, `Missing required parameter: '${name}'.`)
      } else if (name === "body") {
        if (isObject(value)) this.checkBody(line, value)
        else this.add(line, "invalid_type", name, `Invalid type for '${name}': expected an object.`)
      } else if (typeof value !== "string") {
        this.add(line, "invalid_type", name, notText(name, value))
      } else {
        this.checkField(line, name, value)
      }
    }
  }

  private checkField(line: number, name: "custom_id" | "method" | "url", value: string): void {
    if (name === "method" && value !== "POST") {
      this.add(line, "invalid_value", name, `Invalid value: '${value}'. Supported values are: 'POST'.`)
    }
    if (name === "url" && value !== this.endpoint) {
      this.add(line, "invalid_url", name, "The URL provided for this request does not match the batch endpoint.")
    }
    if (name !== "custom_id") return
    if (this.ids.has(value)) {
      this.add(
        line,
        "duplicate_custom_id",
        name,
        `The custom_id '${value}' for this request is a duplicate of another request. The custom_id parameter must be ` +
          "unique for each request in a batch."
      )
    }
    this.ids.add(value)
  }

  private checkBody(line: number, body: Readonly<Record<string, unknown>>): void {
    const { api, field, name } = fieldsOf[this.endpoint]
    const { model, stream } = body
    if (stream === true) {
      this.add(line, "streaming_unsupported", "body.stream", `${api}: Streaming is not supported in the Batch API.`)
    }
    if (model === undefined || model === null) {
      this.add(line, "invalid_request", "body.model", "Model parameter is required.")
    } else if (typeof model !== "string" || this.models?.has(model) === false) {
      this.add(
        line,
        "model_not_found",
        "body.model",
        `The provided model '${String(model)}' is not supported by the Batch API.`
      )
    } else {
      this.model ??= model
      if (model !== this.model) {
        this.add(
          line,
          "mismatched_model",
          "body.model",
          `The model '${model}' for this request does not match the rest of the batch. Each batch must contain requests ` +
            "for a single model."
        )
      }
    }
    if (body[field] === undefined || body[field] === null) {
      return this.add(line, "invalid_request", `body.${field}`, `${name} parameter is required.`)
    }
    this.tokens += inputTokens((text) => this.tokenizer.count(text, this.model ?? ""), body[field])
    if (field === "input") {
      const { input } = body
      this.inputs += Array.isArray(input) && typeof input[0] !== "number" ? input.length : 1
    }
  }

  finish(): void {
    const { maxRequests } = Batches
    if (this.total === 0) this.add(null, "empty_file", null, "The input file has no requests.")
    if (this.total > maxRequests) {
      this.add(
        null,
        "too_many_tasks",
        null,
        `The input file has ${this.total} requests, but may have at most ${maxRequests}.`
      )
    }
    if (this.inputs > maxRequests) {
      this.add(
        null,
        "too_many_tasks",
        null,
        `The requests have ${this.inputs} embedding inputs, but may have at most ${maxRequests} in total.`
      )
    }
  }
}

/** The lines of an input file that are not blank, from an offset. */
export const linesOf = (
  fileId: string,
  offset = 0
): Stream.Stream<Jsonl.Line, Store.StoreError | Jsonl.JsonlError, Store.Store> =>
  Stream.suspend(() => {
    let skipped = 0
    return contentOfId(fileId).pipe(
      Stream.map((chunk) => {
        const skip = Math.min(offset - skipped, chunk.length)
        skipped += skip
        return skip === 0 ? chunk : chunk.subarray(skip)
      }),
      Jsonl.lines({ maxLineBytes: Batches.maxInputBytes }),
      Stream.filter(({ text }) => text.trim() !== "")
    )
  })

/** Whether a file begins with a byte order mark, which is not JSON. */
const hasByteOrderMark = (fileId: string) =>
  Stream.runFoldWhile(
    contentOfId(fileId),
    [] as ReadonlyArray<number>,
    (bytes) => bytes.length < 3,
    (bytes, chunk) => [...bytes, ...chunk.subarray(0, 3)].slice(0, 3)
  ).pipe(Effect.map((bytes) => bytes.join() === "239,187,191"))

/** What the input file of a batch has. */
interface Input {
  /** The number of requests. */
  readonly total: number
  readonly errors: ReadonlyArray<BatchError>
  /** Undefined where there is no request. */
  readonly enqueued?: Enqueued | undefined
}

/** The number of requests in the input file of a batch, their tokens, and all errors. */
export const checkInput = ({ endpoint, input_file_id }: Batch) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const checker = new Checker(
      endpoint as keyof typeof fieldsOf,
      yield* knownModels(endpoint),
      yield* Tokenizer
    )
    const file = Option.getOrUndefined(yield* store.get(files, input_file_id))
    const invalid = (message: string): Input => ({
      total: 0,
      errors: [{ code: "invalid_request", message, param: null, line: null }]
    })
    if (file === undefined) return invalid(`The batch cannot find file ${input_file_id}.`)
    if (file.purpose !== "batch") {
      return invalid(`The file ${input_file_id} has the purpose '${file.purpose}', but must have 'batch'.`)
    }
    if (file.bytes > Batches.maxInputBytes) {
      return invalid(
        `The file ${input_file_id} has ${file.bytes} bytes, but may have at most ${Batches.maxInputBytes}.`
      )
    }
    if (yield* hasByteOrderMark(input_file_id)) checker.notJson(1)
    yield* Stream.runForEach(linesOf(input_file_id), (line) => Effect.sync(() => checker.check(line))).pipe(
      Effect.catchTag("JsonlError", ({ line }) => Effect.sync(() => checker.notJson(line)))
    )
    checker.finish()
    const { errors, model, tokens, total } = checker
    return { total, errors, enqueued: model === undefined ? undefined : { model, tokens } } satisfies Input
  })
