/**
 * Known servers that implement the API, each with its deviations from the documentation.
 *
 * A profile is plain data: a list of facts, each with public reports that show it. The emulator plays a profile: it changes
 * requests and responses as the facts say. So a program can be tested against a server's deviations without that server.
 *
 * @since 0.1.0
 */
import { azure } from "./internal/profiles/azure.js"
import { deepseek } from "./internal/profiles/deepseek.js"
import { gemini } from "./internal/profiles/gemini.js"
import { litellm } from "./internal/profiles/litellm.js"
import { llamacpp } from "./internal/profiles/llamacpp.js"
import { lmstudio } from "./internal/profiles/lmstudio.js"
import { mistral } from "./internal/profiles/mistral.js"
import { ollama } from "./internal/profiles/ollama.js"
import { openrouter } from "./internal/profiles/openrouter.js"
import { vllm } from "./internal/profiles/vllm.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The bodies of responses that a profile can change.
 *
 * @since 0.1.0
 * @category models
 */
export type Body = "completion" | "chunk" | "embeddings" | "models" | "model"

/**
 * One deviation from the documentation, as data.
 *
 * A path separates fields by `.`, and `[]` means every item of a list: `choices[].message.tool_calls[].id`. A change
 * has no effect on objects that are missing.
 *
 * @since 0.1.0
 * @category models
 */
export type Change =
  /**
   * Accepts the API under another path too: `/openai/deployments/{model}`. `paths`: the part of the API that it accepts
   * there. Default: all of it. `query`: names that the query must have. Default: none.
   */
  | {
    readonly type: "address"
    readonly path: string
    readonly paths?: ReadonlyArray<string>
    readonly query?: ReadonlyArray<string>
  }
  /** Accepts the API key in this header too. */
  | { readonly type: "key_header"; readonly name: string }
  /** Serves these paths only: `/chat/completions`. Any other path is an unknown URL. */
  | { readonly type: "serves"; readonly paths: ReadonlyArray<string> }
  /** Accepts undocumented fields in a request. */
  | { readonly type: "accepts"; readonly paths: ReadonlyArray<string> }
  /** Accepts parts of these types in the content of a message, and ignores them. */
  | { readonly type: "accepts_parts"; readonly types: ReadonlyArray<string> }
  /** Refuses a request that has this field. */
  | { readonly type: "refuses"; readonly path: string; readonly status: number; readonly message: string }
  /** Refuses a request where an object at `each` lacks `path`. `where`: considers only objects with this field. */
  | {
    readonly type: "requires"
    readonly each: string
    readonly where?: string
    readonly path: string
    readonly status: number
    readonly message: string
  }
  /** Leaves a field out. `only`: out of the first chunk of a stream only. */
  | { readonly type: "drop"; readonly in: Body; readonly path: string; readonly only?: "first" }
  /** Sets a field, whether it is there or not. */
  | { readonly type: "set"; readonly in: Body; readonly path: string; readonly value: unknown }
  /** Moves a field's value to another name. */
  | { readonly type: "rename"; readonly in: Body; readonly path: string; readonly to: string }
  /** Sends another `finish_reason`. */
  | { readonly type: "finish_reason"; readonly in: "completion" | "chunk"; readonly from: string; readonly to: string }
  /** Sends a text as the value of its JSON, or as a list of parts. `before`: parts that come first. */
  | {
    readonly type: "convert"
    readonly in: Body
    readonly path: string
    readonly to: "object" | "parts"
    readonly before?: ReadonlyArray<unknown>
  }
  /** Sends the value of a field instead of the object around it. */
  | { readonly type: "unwrap"; readonly in: Body; readonly path: string }
  /** Sends one more chunk. `inherits`: it has the other fields of the first chunk too. Default: false. */
  | {
    readonly type: "insert"
    readonly at: "start" | "after_first" | "end"
    readonly chunk: Readonly<Record<string, unknown>>
    readonly inherits?: boolean
  }
  /** Sends each tool call in one chunk. */
  | { readonly type: "whole_calls" }
  /** Sends `finish_reason` in the chunk with the last content. */
  | { readonly type: "early_finish" }
  /** Sends `usage` in the chunk with `finish_reason`, requested or not; or, if requested, in a chunk that has choices. */
  | { readonly type: "usage"; readonly at: "finish" | "choices" }
  /** Ends a stream without `[DONE]`. */
  | { readonly type: "no_done" }
  /** Sends this text before or after the first event. */
  | { readonly type: "heartbeat"; readonly at: "start" | "after_first"; readonly text: string }
  /** Ends lines of a stream with this. */
  | { readonly type: "line_break"; readonly value: "\r\n" | "\r" }
  /** Sends a stream under this content type. */
  | { readonly type: "stream_content_type"; readonly value: string }
  /**
   * Sends an error in another form. `status` and `error_type`: the errors that it applies to. Default: all. The first form
   * that applies is used. In texts of the body, `{message}`, `{type}`, `{param}`, `{code}`, `{status}`, `{method}` and
   * `{path}` are replaced. A text that consists of one of them only becomes its value, which may be a number or null.
   */
  | {
    readonly type: "error"
    readonly status?: number
    readonly error_type?: string
    /** The status that is sent instead. */
    readonly becomes?: number
    /** Text is sent as it is, any other value as JSON. */
    readonly body: unknown
    readonly content_type?: string
  }
  /** Sends errors of these statuses as an event under status 200 if a stream was requested. The body is as in `error`. */
  | {
    readonly type: "error_event"
    readonly statuses: ReadonlyArray<number>
    readonly event?: string
    readonly body: unknown
  }
  /** Compresses JSON with gzip if a request accepts it. */
  | { readonly type: "compress" }
  /** Adds headers, and leaves out others. */
  | {
    readonly type: "headers"
    readonly set?: Readonly<Record<string, string>>
    readonly drop?: ReadonlyArray<string>
  }

/**
 * One thing that a server does differently from the documentation.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fact {
  /** The fact in a sentence. */
  readonly description: string
  /** Public reports that show it, as `owner/repository#number`. */
  readonly sources: ReadonlyArray<string>
  /** The changes that play it. */
  readonly changes: ReadonlyArray<Change>
}

/**
 * A server as a list of facts. A fact holds for some version of the server, not for every version.
 *
 * @example
 * import { Emulator, Profile } from "@effect-openai/emulator"
 *
 * const gateway: Profile.Profile = {
 *   title: "Our gateway",
 *   facts: [
 *     ...Profile.profiles.vllm.facts,
 *     {
 *       description: "Leaves out `usage`.",
 *       sources: [],
 *       changes: [{ type: "drop", in: "completion", path: "usage" }]
 *     }
 *   ]
 * }
 *
 * const OpenAiTest = Emulator.layer({ profile: gateway })
 *
 * @since 0.1.0
 * @category models
 */
export interface Profile {
  /** The name of the server. */
  readonly title: string
  readonly facts: ReadonlyArray<Fact>
}

// -----------------------------------------------------------------------------
// profiles
// -----------------------------------------------------------------------------

/**
 * The profiles of known servers by name, as in `--profile vllm`.
 *
 * @since 0.1.0
 * @category profiles
 */
export const profiles = {
  azure,
  deepseek,
  gemini,
  litellm,
  llamacpp,
  lmstudio,
  mistral,
  ollama,
  openrouter,
  vllm
} as const satisfies Readonly<Record<string, Profile>>

/**
 * The name of a profile.
 *
 * @since 0.1.0
 * @category profiles
 */
export type Name = keyof typeof profiles
