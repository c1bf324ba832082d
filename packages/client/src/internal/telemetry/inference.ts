import * as Context from "effect/Context"
import { extraOf } from "../request/extra.js"
import * as Metrics from "./metrics.js"
import type { InferenceTelemetry, Observed } from "./telemetry.js"

// Semantic conventions for generative AI clients, and `openai.…` where they have no name.

/** The fields of a response that telemetry reports: of a buffered one, or of all chunks of a streamed one. */
interface ResponseBody {
  id?: unknown
  model?: unknown
  system_fingerprint?: unknown
  service_tier?: unknown
  usage?: unknown
  choices?: unknown
}

/** Writes messages as attributes of spans. */
export interface MessageContent {
  readonly input: (request: object) => string | undefined
  readonly output: (responseBody: object) => string | undefined
  /** Adds a chunk of a streamed response. */
  readonly append: (responseBody: object | undefined, chunk: object) => object
}

/** Default: spans hold no messages. */
export class CurrentMessageContent extends Context.Reference<CurrentMessageContent>()(
  "@effect-openai/client/internal/CurrentMessageContent",
  { defaultValue: (): MessageContent | undefined => undefined }
) {}

const provider = "openai"

/** The fields of a request that are attributes. */
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

/** Returns the tokens that a response used. */
export const usageOf = (responseBody: object | undefined) => {
  const usage = field(responseBody, "usage")
  return {
    input: number(field(usage, "prompt_tokens")),
    output: number(field(usage, "completion_tokens")),
    total: number(field(usage, "total_tokens"))
  }
}

const merge = (self: ResponseBody | undefined, chunk: object): ResponseBody => {
  const next: ResponseBody = chunk
  if (self === undefined) return { ...next, choices: [...asArray(next.choices)] }
  if (next.usage) self.usage = next.usage
  const { choices } = next
  if (!Array.isArray(choices)) return self
  for (let i = 0; i < choices.length; i++) {
    if (choices[i]?.finish_reason) (self.choices as Array<unknown>).push(choices[i])
  }
  return self
}

const scrubbed = (value: unknown, { telemetry }: Observed): string | undefined =>
  typeof value === "string" ? telemetry.redact(value, true) : undefined

const modelOf = (observed: Observed) => scrubbed(field(observed.request, "model"), observed)

const contentOf = ({ endpoint, telemetry }: Observed) =>
  endpoint.inference === "chat" ? Context.get(telemetry.context, CurrentMessageContent) : undefined

const describe: InferenceTelemetry["describe"] = (observed, span) => {
  const { request } = observed
  const responseBody: ResponseBody | undefined = observed.responseBody
  const content = contentOf(observed)
  // The request may be invalid, so each type is checked.
  const put = (name: string, value: unknown) => {
    if (typeof value === "number") span.attribute(name, value)
    else if (typeof value === "string") span.attribute(name, scrubbed(value, observed))
    else if (Array.isArray(value)) span.attribute(name, value.flatMap((item) => scrubbed(item, observed) ?? []))
  }
  const putMessages = (name: string, messages: string | undefined) => {
    if (messages !== undefined) span.attribute(name, observed.telemetry.redact(messages))
  }
  for (const [name, attribute] of Object.entries(requestAttributes)) put(attribute, field(request, name))
  const extra = extraOf(request) ?? {}
  put("gen_ai.request.top_k", extra["top_k"])
  const extraNames = Object.keys(extra)
  put("openai.request.extra_fields", extraNames.length === 0 ? undefined : extraNames)
  const count = field(request, "n")
  put("gen_ai.request.choice.count", count === 1 ? undefined : count)
  const stop = field(request, "stop")
  put("gen_ai.request.stop_sequences", typeof stop === "string" ? [stop] : stop)
  const format = field(request, "encoding_format")
  put("gen_ai.request.encoding_formats", format === undefined ? undefined : [format])
  const type = field(field(request, "response_format"), "type")
  put("gen_ai.output.type", type === undefined ? undefined : type === "text" ? "text" : "json")
  if (content !== undefined) putMessages("gen_ai.input.messages", content.input(request))
  if (responseBody === undefined) return
  put("gen_ai.response.id", responseBody.id)
  put("gen_ai.response.model", responseBody.model)
  put("openai.response.system_fingerprint", responseBody.system_fingerprint)
  put("openai.response.service_tier", responseBody.service_tier)
  const reasons = asArray(responseBody.choices).flatMap((choice) => field(choice, "finish_reason") ?? [])
  put("gen_ai.response.finish_reasons", reasons.length === 0 ? undefined : reasons)
  const { input, output } = usageOf(responseBody)
  put("gen_ai.usage.input_tokens", input)
  put("gen_ai.usage.output_tokens", output)
  if (content !== undefined) putMessages("gen_ai.output.messages", content.output(responseBody))
}

/** The telemetry of an operation whose endpoint has `inference`. */
export const inference: InferenceTelemetry = {
  nameOf: (observed) => `${observed.endpoint.inference} ${modelOf(observed)}`,
  attributesOf: (observed) => ({
    "gen_ai.operation.name": observed.endpoint.inference,
    "gen_ai.provider.name": provider,
    "gen_ai.request.model": modelOf(observed)
  }),
  describe,
  measure: (observed, seconds, errorType, ofFiber) => {
    const requestModel = modelOf(observed)
    const responseModel = scrubbed(field(observed.responseBody, "model"), observed)
    const of = (...more: ReadonlyArray<string | undefined>) =>
      Metrics.labels(
        ofFiber,
        "gen_ai.operation.name",
        observed.endpoint.inference,
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
    const { input, output } = usageOf(observed.responseBody)
    if (input !== undefined) {
      Metrics.tokenUsage.unsafeUpdate(input, of("unit", "{token}", "gen_ai.token.type", "input"))
    }
    if (output !== undefined) {
      Metrics.tokenUsage.unsafeUpdate(output, of("unit", "{token}", "gen_ai.token.type", "output"))
    }
  },
  observeChunks: (observed) => {
    const append = contentOf(observed)?.append ?? merge
    return (chunk) => {
      observed.responseBody = append(observed.responseBody, chunk)
    }
  }
}
