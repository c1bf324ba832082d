import * as Effect from "effect/Effect"
import type { Service } from "../../Tokenizer.js"
import type { Message, Run, RunStep, RunUsage } from "../documents.js"
import { stepsOf, textOf } from "./run.js"

// The number of tokens that a run has read and written.

/** Of several. */
export const sum = (usages: ReadonlyArray<RunUsage | null>): RunUsage => {
  const total = (field: keyof RunUsage) => usages.reduce((sum, usage) => sum + (usage?.[field] ?? 0), 0)
  return {
    prompt_tokens: total("prompt_tokens"),
    completion_tokens: total("completion_tokens"),
    total_tokens: total("total_tokens")
  }
}

/** Of one step, or of one completion. */
export const usageOf = (prompt: number, completion: number): RunUsage => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion
})

export const completionTokens = (
  { count }: Service,
  { model }: Run,
  { step_details: details }: RunStep,
  message: Message | undefined
): number =>
  details.type === "tool_calls"
    ? count(JSON.stringify(details.tool_calls), model)
    : message === undefined
    ? 0
    : count(textOf(message), model)

/** How many tokens more a run may write. */
export const tokensLeft = (run: Run) =>
  Effect.map(
    stepsOf(run),
    (steps) => (run.max_completion_tokens ?? Infinity) - sum(steps.map(({ usage }) => usage)).completion_tokens
  )
