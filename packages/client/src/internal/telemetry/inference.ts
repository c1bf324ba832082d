import * as Context from "effect/Context"
import * as Metrics from "./metrics.js"
import type { Inference, Observed } from "./telemetry.js"

// The semantic conventions for GenAI clients; `openai.…` where those have no name.

/** The part of an inference's answer that telemetry knows: that of a whole answer, or of all chunks of one. */
interface Answer {
  id?: unknown
  model?: unknown
  system_fingerprint?: unknown
  service_tier?: unknown
  usage?: unknown
  choices?: unknown
}

/** What of messages is put on spans. */
export interface MessageContent {
  readonly input: (request: object) => string | undefined
  readonly output: (answer: object) => string | undefined
  /** Adds the chunk of a streamed answer to what came before. */
  readonly append: (answer: object | undefined, chunk: object) => object
}

/** Nothing of them, unless told. */
export class CurrentMessageContent extends Context.Reference<CurrentMessageContent>()(
  "@effect-openai/client/internal/CurrentMessageContent",
  { defaultValue: (): MessageContent | undefined => undefined }
) {}

const provider = "openai"

/** The fields of an inference's request that have an attribute. */
const requestAttributes = {
  dimensions: "gen_ai.embeddings.dimension.count",
  frequency_penalty: "gen_ai.request.frequency_penalty",
  max_completion_tokens: "gen_ai.request.max_tokens",
  max_tokens: "gen_ai.request.max_tokens",
  presence_penalty: "gen_ai.request.presence_penalty",
  seed: "gen_ai.request.seed",
  service_tier: "openai.request.service_tier",
  temperature: "gen_ai.request.temperature",
  top_p: "gen_ai.request.top_p"
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as { readonly [name: string]: unknown })[name] : undefined

const number = (value: unknown): number | undefined => typeof value === "number" ? value : undefined

const asArray = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

/** The tokens that an answer says it used. */
export const usageOf = (answer: object | undefined) => {
  const usage = field(answer, "usage")
  return {
    input: number(field(usage, "prompt_tokens")),
    output: number(field(usage, "completion_tokens")),
    total: number(field(usage, "total_tokens"))
  }
}

const merge = (self: Answer | undefined, chunk: object): Answer => {
  const next: Answer = chunk
  if (self === undefined) return { ...next, choices: [...asArray(next.choices)] }
  if (next.usage) self.usage = next.usage
  for (const choice of asArray(next.choices)) {
    if (field(choice, "finish_reason")) (self.choices as Array<unknown>).push(choice)
  }
  return self
}

const scrubbed = (value: unknown, { telemetry }: Observed): string | undefined =>
  typeof value === "string" ? telemetry.redact(value) : undefined

const modelOf = (observed: Observed) => scrubbed(field(observed.request, "model"), observed)

const contentOf = ({ telemetry }: Observed) => Context.get(telemetry.context, CurrentMessageContent)

const describe: Inference["describe"] = (observed, span) => {
  const { request } = observed
  const answer: Answer | undefined = observed.answer
  const content = contentOf(observed)
  // A request's fields are its caller's, whether or not they fit the contract.
  const put = (name: string, value: unknown) => {
    if (typeof value === "number") span.attribute(name, value)
    else if (typeof value === "string") span.attribute(name, scrubbed(value, observed))
    else if (Array.isArray(value)) span.attribute(name, value.flatMap((item) => scrubbed(item, observed) ?? []))
  }
  for (const [name, attribute] of Object.entries(requestAttributes)) put(attribute, field(request, name))
  const count = field(request, "n")
  put("gen_ai.request.choice.count", count === 1 ? undefined : count)
  const stop = field(request, "stop")
  put("gen_ai.request.stop_sequences", typeof stop === "string" ? [stop] : stop)
  const format = field(request, "encoding_format")
  put("gen_ai.request.encoding_formats", format === undefined ? undefined : [format])
  const type = field(field(request, "response_format"), "type")
  put("gen_ai.output.type", type === undefined ? undefined : type === "text" ? "text" : "json")
  if (content !== undefined) put("gen_ai.input.messages", content.input(request))
  if (answer === undefined) return
  put("gen_ai.response.id", answer.id)
  put("gen_ai.response.model", answer.model)
  put("openai.response.system_fingerprint", answer.system_fingerprint)
  put("openai.response.service_tier", answer.service_tier)
  const reasons = asArray(answer.choices).flatMap((choice) => field(choice, "finish_reason") ?? [])
  put("gen_ai.response.finish_reasons", reasons.length === 0 ? undefined : reasons)
  const { input, output } = usageOf(answer)
  put("gen_ai.usage.input_tokens", input)
  put("gen_ai.usage.output_tokens", output)
  if (content !== undefined) put("gen_ai.output.messages", content.output(answer))
}

/** An operation that is an inference, by what the conventions call it. */
export const inference = (operation: "chat" | "embeddings"): Inference => ({
  nameOf: (observed) => `${operation} ${modelOf(observed)}`,
  startOf: (observed) => ({
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": provider,
    "gen_ai.request.model": modelOf(observed)
  }),
  describe,
  measure: (observed, seconds, errorType, ofFiber) => {
    const requestModel = modelOf(observed)
    const responseModel = scrubbed(field(observed.answer, "model"), observed)
    const of = (...more: ReadonlyArray<string | undefined>) =>
      Metrics.labels(
        ofFiber,
        "gen_ai.operation.name",
        operation,
        "gen_ai.provider.name",
        provider,
        "gen_ai.request.model",
        requestModel,
        "gen_ai.response.model",
        responseModel,
        "server.address",
        observed.telemetry.server,
        ...more
      )
    Metrics.inferenceDuration.unsafeUpdate(seconds, of("unit", "s", "error.type", errorType))
    const { input, output } = usageOf(observed.answer)
    if (input !== undefined) {
      Metrics.tokenUsage.unsafeUpdate(input, of("unit", "{token}", "gen_ai.token.type", "input"))
    }
    if (output !== undefined) {
      Metrics.tokenUsage.unsafeUpdate(output, of("unit", "{token}", "gen_ai.token.type", "output"))
    }
  },
  watch: (observed) => {
    const append = contentOf(observed)?.append ?? merge
    return (chunk) => {
      observed.answer = append(observed.answer, chunk)
    }
  }
})
