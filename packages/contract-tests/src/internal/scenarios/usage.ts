import type * as Contract from "@effect-openai/core/ChatCompletions"
import * as Scenario from "../../Scenario.js"

/** Checks that a completion used tokens, and that they add up. */
export const addsUp = (usage: Contract.CreateChatCompletionResponse["usage"]) => {
  const { completion_tokens = 0, prompt_tokens = 0, total_tokens = 0 } = usage ?? {}
  return Scenario.that(
    "the tokens of the usage add up",
    prompt_tokens > 0 && completion_tokens > 0 && total_tokens === prompt_tokens + completion_tokens,
    usage
  )
}
