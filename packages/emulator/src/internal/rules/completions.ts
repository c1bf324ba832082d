import type * as Contract from "@effect-openai/core/Completions"
import { type Rule, streamOptions } from "./rule.js"

/** A request with its prompts as texts. */
export interface Request extends Contract.CreateCompletionRequest {
  readonly prompts: ReadonlyArray<string>
  /** The number of tokens of the longest prompt. */
  readonly longest: number
}

const contextWindow = 4097

const choicesOf = ({ n }: Request): number => n ?? 1

const candidatesOf = (request: Request): number => request.best_of ?? choicesOf(request)

export const rules: ReadonlyArray<Rule<Request>> = [
  {
    param: null,
    check: (request) =>
      candidatesOf(request) < choicesOf(request)
        ? "You requested that the server return more choices than it will generate (HINT: you must set 'n' " +
          `(currently ${choicesOf(request)}) to be at most 'best_of' (currently ${candidatesOf(request)}), or omit ` +
          "either parameter if you don't specifically want to use them.)"
        : undefined
  },
  {
    param: "best_of",
    check: (request) =>
      request.stream === true && candidatesOf(request) > choicesOf(request)
        ? "The results of 'best_of' cannot be streamed."
        : undefined
  },
  streamOptions,
  {
    param: "suffix",
    check: ({ model, suffix }) =>
      suffix != null && model !== "gpt-3.5-turbo-instruct"
        ? "This model does not support the 'suffix' parameter."
        : undefined
  },
  {
    param: null,
    check: ({ longest, max_tokens }) => {
      const completion = max_tokens ?? 16
      return longest + completion <= contextWindow
        ? undefined
        : `This model's maximum context length is ${contextWindow} tokens, however you requested ` +
          `${longest + completion} tokens (${longest} in your prompt; ${completion} for the completion). ` +
          "Please reduce your prompt; or completion length."
    }
  }
]
