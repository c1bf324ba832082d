import * as Predicate from "effect/Predicate"

interface Tool {
  readonly type: unknown
  readonly function: { readonly name: unknown }
}

/** Whether a value is a tool with its handler. JSON has no functions, so no other field of a request can look like it. */
const isTool = (u: unknown): u is Tool =>
  Predicate.hasProperty(u, "call") && typeof u.call === "function" && Predicate.hasProperty(u, "type") &&
  Predicate.hasProperty(u, "function") && Predicate.hasProperty(u.function, "name")

/** What is sent of a tool. */
export const definition = <T extends Tool>(tool: T): Pick<T, "type" | "function"> => ({
  type: tool.type,
  function: tool.function
})

/** Replaces the tools of a request by their definitions, and a tool that is chosen by its name. */
export const sendable = (request: object): object => {
  const { tool_choice: choice, tools }: { readonly tool_choice?: unknown; readonly tools?: unknown } = request ?? {}
  const hasTools = Array.isArray(tools) && tools.some(isTool)
  if (!hasTools && !isTool(choice)) return request
  return {
    ...request,
    ...(hasTools ? { tools: tools.map((tool: unknown) => isTool(tool) ? definition(tool) : tool) } : {}),
    ...(isTool(choice) ? { tool_choice: { type: choice.type, function: { name: choice.function.name } } } : {})
  }
}
