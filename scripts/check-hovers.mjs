// Asks the language service what an editor shows for fields of requests and responses, with the built declarations. Each field
// of each operation must have its documentation, at any depth; `-- --show` prints the samples.
import ts from "typescript"
import { userOptions } from "./userOptions.mjs"

/** Samples: code, the field of its last line that is pointed at, and what an editor shows. */
const samples = [
  ["Assistants.create({ model: \"gpt-4o\", name: \"Ada\" })", "name", "The assistant's name, at most 256 characters."],
  ["Assistants.list({ limit: 10 })", "limit", "from 1 to 100. Default: 20."],
  ["Runs.retrieve({ thread_id: \"thread_1\", run_id: \"run_1\" })", "run_id", "The ID of the run."],
  [
    "ChatCompletions.create({ model: \"gpt-4o\", messages: [{ role: \"user\", content: \"Hi\" }] })",
    "content",
    "The message as text, or as parts"
  ],
  [
    "Effect.map(Assistants.retrieve({ assistant_id: \"asst_1\" }), (assistant) => assistant.created_at)",
    "created_at",
    "Unix time in seconds when the assistant was created."
  ],
  ["declare const run: Runs.Run\nrun.last_error", "last_error", "The last error of the run"],
  ["Stream.map(Files.list.items(), (file) => file.bytes)", "bytes", "The file's size in bytes."],
  [
    "Files.upload({ file: FileSource.fromBytes(\"a\", \"a\"), purpose: \"assistants\" })",
    "purpose",
    "accept only `.jsonl` files"
  ]
]

const packages = new URL("../packages", import.meta.url).pathname
const folder = `${packages}/client/hovers/`
const imports = `import * as Client from "@effect-openai/client"
import { Assistants, ChatCompletions, Files, FileSource, Runs } from "@effect-openai/client"
import { Effect, Stream } from "effect"
`
const sources = new Map([
  [`${folder}all.ts`, `${imports}export const all = Client\n`],
  ...samples.map(([code], index) => [`${folder}${index}.ts`, `${imports}\n${code}\n`])
])
const options = {
  ...userOptions,
  paths: Object.fromEntries(["core", "client"].flatMap((name) => [
    [`@effect-openai/${name}`, [`${packages}/${name}/dist/index.d.ts`]],
    [`@effect-openai/${name}/*`, [`${packages}/${name}/dist/*.d.ts`]]
  ]))
}
const read = (path) => sources.get(path) ?? ts.sys.readFile(path)
const service = ts.createLanguageService({
  ...ts.sys,
  useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
  getCompilationSettings: () => options,
  getScriptFileNames: () => [...sources.keys()],
  getScriptVersion: () => "1",
  getScriptSnapshot: (path) => {
    const text = read(path)
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
  },
  getCurrentDirectory: () => `${packages}/client`,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (path) => sources.has(path) || ts.sys.fileExists(path),
  readFile: read
})

const problems = []
samples.forEach(([code, field, expected], index) => {
  const path = `${folder}${index}.ts`
  const [error] = service.getSemanticDiagnostics(path)
  if (error !== undefined) problems.push(`${code}: ${ts.flattenDiagnosticMessageText(error.messageText, "\n")}`)
  const info = service.getQuickInfoAtPosition(path, sources.get(path).lastIndexOf(field))
  const shown = ts.displayPartsToString(info?.documentation)
  if (!shown.includes(expected)) problems.push(`${code}: ${field} shows "${shown}"`)
  if (process.argv.includes("--show")) console.log(`${ts.displayPartsToString(info?.displayParts)}\n  ${shown}\n`)
})

// -----------------------------------------------------------------------------
// every field
// -----------------------------------------------------------------------------

const program = service.getProgram()
const checker = program.getTypeChecker()
const undocumented = new Map()
let documented = 0

const isOurs = (symbol) =>
  symbol.declarations?.some((one) => one.getSourceFile().fileName.startsWith(packages)) ?? false

/** Visits the fields of a type, of the types of its items, and of its members. */
const visit = (type, path, seen) => {
  if (type.isUnionOrIntersection() && !(type.isIntersection() && type.getProperties().length > 0)) {
    for (const one of type.types) visit(one, path, seen)
    return
  }
  if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) || seen.has(type)) return
  seen.add(type)
  if (checker.isArrayType(type) || checker.isTupleType(type)) {
    for (const item of checker.getTypeArguments(type)) visit(item, path, seen)
    return
  }
  for (const property of type.getProperties()) {
    // A symbol is not a field.
    if (!isOurs(property) || property.name.startsWith("__@")) continue
    const place = `${path}.${property.name}`
    if (property.getDocumentationComment(checker).length > 0) documented += 1
    else undocumented.set(place.replace(/^\w+\.\w+ (request|response|event)\./, ""), place)
    visit(checker.getTypeOfSymbol(property), place, seen)
  }
}

const all = program.getSourceFile(`${folder}all.ts`)
const client = checker.getExportsOfModule(checker.getSymbolAtLocation(all.statements[0].moduleSpecifier))
for (const module of client) {
  const namespace = checker.getAliasedSymbol(module)
  for (const operation of checker.getExportsOfModule(namespace)) {
    const type = checker.getTypeOfSymbol(operation)
    const endpoint = type.getProperty("endpoint")
    if (endpoint === undefined) continue
    const name = `${module.name}.${operation.name}`
    const streaming = checker.getTypeOfSymbol(type.getProperty("stream") ?? endpoint)
    for (const [kind, one] of Object.entries({ response: type, event: streaming })) {
      for (const signature of one.getCallSignatures()) {
        for (const parameter of signature.parameters) {
          visit(checker.getTypeOfSymbol(parameter), `${name} request`, new Set())
        }
        const [success] = checker.getTypeArguments(signature.getReturnType())
        if (success) visit(success, `${name} ${kind}`, new Set())
      }
    }
  }
}
for (const place of undocumented.values()) problems.push(`${place} has no documentation`)
for (const problem of problems) console.error(problem)
console.log(`${documented} of ${documented + undocumented.size} fields have documentation`)
// Far fewer fields would mean that the types were not found.
if (problems.length > 0 || documented < 3000) process.exitCode = 1
