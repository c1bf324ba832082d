import * as Effect from "effect/Effect"
import type { Ending, FunctionCalls, ModelError, Prompt, Reply } from "../Model.js"
import { example } from "./example.js"
import { search } from "./search.js"

/** How a reply is made: the public module's, which imports this one. */
interface Constructors {
  readonly codeInterpreter: (input: string, logs: string) => Reply
  readonly functionCalls: (...calls: FunctionCalls["calls"]) => Reply
  readonly retrieval: Reply
  readonly text: (value: string, ending?: Partial<Ending>) => Reply
}

// -----------------------------------------------------------------------------
// functions
// -----------------------------------------------------------------------------

const names = (message: string, name: string): boolean => {
  for (let start = message.indexOf(name); start !== -1; start = message.indexOf(name, start + 1)) {
    const around = (message[start - 1] ?? " ") + (message[start + name.length] ?? " ")
    if (!/[\w-]/.test(around)) return true
  }
  return false
}

/** What stands between quotation marks, or the whole message where nothing does. */
const subjectOf = (message: string): string => /"([^"]+)"/.exec(message)?.[1] ?? message.slice(0, 100)

const callsOf = ({ toolCalls, toolChoice, tools }: Prompt, message: string): FunctionCalls["calls"] => {
  if (toolChoice === "none" || toolCalls.some(({ type }) => type === "function")) return []
  const functions = tools.flatMap((tool) => tool.type === "function" ? [tool.function] : [])
  const named = typeof toolChoice === "object"
    ? functions.filter(({ name }) => name === toolChoice.function?.name)
    : functions.filter(({ name }) => names(message, name))
  const chosen = named.length === 0 && toolChoice === "required" ? functions.slice(0, 1) : named
  return chosen.map(({ name, parameters = { type: "object" } }) => ({
    name,
    arguments: JSON.stringify(example(parameters, subjectOf(message)) ?? {})
  }))
}

// -----------------------------------------------------------------------------
// code
// -----------------------------------------------------------------------------

const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b
}

/** The first sum, difference, product or quotient in a text. */
const calculationOf = (message: string): { readonly input: string; readonly logs: string } | undefined => {
  const found = /(\d{1,15}(?:\.\d{1,15})?) ?([-+*/]) ?(\d{1,15}(?:\.\d{1,15})?)/.exec(message)
  if (found === null) return undefined
  const [, a, operator, b] = found
  return { input: `print(${a} ${operator} ${b})`, logs: String(operators[operator!]!(Number(a), Number(b))) }
}

// -----------------------------------------------------------------------------
// reply
// -----------------------------------------------------------------------------

const outputsOf = ({ toolCalls }: Prompt): ReadonlyArray<string> =>
  toolCalls.flatMap((call) => {
    switch (call.type) {
      case "function":
        return [`${call.function.name} answered: ${call.function.output ?? ""}`]
      case "code_interpreter":
        return call.code_interpreter.outputs.flatMap((output) =>
          output.type === "logs" ? [`${call.code_interpreter.input} wrote: ${output.logs}`] : []
        )
      case "retrieval":
        return []
    }
  })

export const make =
  ({ codeInterpreter, functionCalls, retrieval, text }: Constructors) =>
  (prompt: Prompt): Effect.Effect<Reply, ModelError> =>
    Effect.gen(function*() {
      const { format, messages, toolCalls, toolChoice, tools } = prompt
      const message = messages.findLast(({ role }) => role === "user")?.content ?? ""
      const has = (type: string) => toolChoice !== "none" && tools.some((tool) => tool.type === type)
      const used = (type: string) => toolCalls.some((call) => call.type === type)

      const calls = callsOf(prompt, message)
      if (calls.length > 0) return functionCalls(...calls)

      const calculation = has("code_interpreter") && !used("code_interpreter") ? calculationOf(message) : undefined
      if (calculation !== undefined) return codeInterpreter(calculation.input, calculation.logs)

      const [found] = has("retrieval") ? yield* search(prompt.files, message, 1) : []
      if (found !== undefined && !used("retrieval")) return retrieval

      if (typeof format === "object") return text(JSON.stringify(example(format, subjectOf(message))))
      const outputs = outputsOf(prompt)
      const answer = outputs.length > 0 ? outputs.join("\n") : `You said: ${message}`
      if (format === "json_object") return text(JSON.stringify({ answer }))
      if (found === undefined) return text(answer)
      const { fileId, filename, quote } = found
      const lead = `${outputs.map((output) => `${output}\n`).join("")}${filename} says: ${quote}`
      const marker = "【0†source】"
      return text(lead + marker, { citations: [{ start: lead.length, marker, fileId, quote }] })
    })
