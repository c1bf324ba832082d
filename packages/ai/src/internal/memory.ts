import type { ChatCompletions } from "@effect-openai/client"

type Fields = { readonly [name: string]: unknown }

/** What a server added to a call and to its message. */
interface Added {
  readonly call: Fields
  readonly message: Fields
}

/** What servers added to calls, by the ID of the call. */
export interface Memory {
  readonly remember: (message: ChatCompletions.ResponseMessage) => void
  readonly recall: (toolCallId: string) => Added | undefined
}

const ofMessage = new Set([
  "role",
  "content",
  "content_parts",
  "refusal",
  "tool_calls",
  "function_call",
  "audio"
])

const ofCall = new Set(["id", "type", "function", "index"])

const others = (self: object, documented: ReadonlySet<string>): Fields =>
  Object.fromEntries(
    Object.entries(self).filter(([name, value]) => !documented.has(name) && value !== undefined && value !== null)
  )

/**
 * Some servers refuse a call that comes back without what they added to it: a signature, or the reasoning before it. Prompts
 * have no place for that, so the model remembers the last calls that had any.
 */
export const make = (capacity: number): Memory => {
  const added = new Map<string, Added>()
  return {
    remember: (message) => {
      const fields = others(message, ofMessage)
      for (const call of message.tool_calls ?? []) {
        const own = others(call, ofCall)
        if (typeof call.id !== "string" || Object.keys({ ...own, ...fields }).length === 0) continue
        added.delete(call.id)
        added.set(call.id, { call: own, message: fields })
      }
      for (const id of added.keys()) {
        if (added.size <= capacity) break
        added.delete(id)
      }
    },
    recall: (toolCallId) => added.get(toolCallId)
  }
}
