import { Contract, Endpoint, FileSource } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** The first AST of a kind, at any depth. */
const find = (
  ast: AST.AST,
  predicate: (ast: AST.AST) => boolean,
  seen = new Set<AST.AST>()
): AST.AST | undefined => {
  if (seen.has(ast)) return undefined
  seen.add(ast)
  if (predicate(ast)) return ast
  for (const child of children(ast)) {
    const found = find(child, predicate, seen)
    if (found !== undefined) return found
  }
  return undefined
}

const children = (ast: AST.AST): ReadonlyArray<AST.AST> => {
  switch (ast._tag) {
    case "TypeLiteral":
      return [
        ...ast.propertySignatures.map(({ type }) => type),
        ...ast.indexSignatures.flatMap(({ parameter, type }) => [parameter, type])
      ]
    case "TupleType":
      return [...ast.elements, ...ast.rest].map(({ type }) => type)
    case "Union":
      return ast.types
    case "Refinement":
      return [ast.from]
    case "Transformation":
      return [ast.from, ast.to]
    case "Suspend":
      return [ast.f()]
    case "Declaration":
      return ast.typeParameters
    default:
      return []
  }
}

const transformation = (ast: AST.AST) => find(ast, AST.isTransformation)

const operations = [
  ["createChatCompletion", "POST", "/chat/completions"],
  ["createEmbedding", "POST", "/embeddings"],
  ["listFiles", "GET", "/files"],
  ["createFile", "POST", "/files"],
  ["retrieveFile", "GET", "/files/{file_id}"],
  ["deleteFile", "DELETE", "/files/{file_id}"],
  ["downloadFile", "GET", "/files/{file_id}/content"],
  ["listModels", "GET", "/models"],
  ["retrieveModel", "GET", "/models/{model}"],
  ["deleteModel", "DELETE", "/models/{model}"],
  ["listAssistants", "GET", "/assistants"],
  ["createAssistant", "POST", "/assistants"],
  ["getAssistant", "GET", "/assistants/{assistant_id}"],
  ["modifyAssistant", "POST", "/assistants/{assistant_id}"],
  ["deleteAssistant", "DELETE", "/assistants/{assistant_id}"],
  ["listAssistantFiles", "GET", "/assistants/{assistant_id}/files"],
  ["createAssistantFile", "POST", "/assistants/{assistant_id}/files"],
  ["getAssistantFile", "GET", "/assistants/{assistant_id}/files/{file_id}"],
  ["deleteAssistantFile", "DELETE", "/assistants/{assistant_id}/files/{file_id}"],
  ["createThread", "POST", "/threads"],
  ["getThread", "GET", "/threads/{thread_id}"],
  ["modifyThread", "POST", "/threads/{thread_id}"],
  ["deleteThread", "DELETE", "/threads/{thread_id}"],
  ["listMessages", "GET", "/threads/{thread_id}/messages"],
  ["createMessage", "POST", "/threads/{thread_id}/messages"],
  ["getMessage", "GET", "/threads/{thread_id}/messages/{message_id}"],
  ["modifyMessage", "POST", "/threads/{thread_id}/messages/{message_id}"],
  ["listMessageFiles", "GET", "/threads/{thread_id}/messages/{message_id}/files"],
  ["getMessageFile", "GET", "/threads/{thread_id}/messages/{message_id}/files/{file_id}"],
  ["createThreadAndRun", "POST", "/threads/runs"],
  ["listRuns", "GET", "/threads/{thread_id}/runs"],
  ["createRun", "POST", "/threads/{thread_id}/runs"],
  ["getRun", "GET", "/threads/{thread_id}/runs/{run_id}"],
  ["modifyRun", "POST", "/threads/{thread_id}/runs/{run_id}"],
  ["submitToolOuputsToRun", "POST", "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs"],
  ["cancelRun", "POST", "/threads/{thread_id}/runs/{run_id}/cancel"],
  ["listRunSteps", "GET", "/threads/{thread_id}/runs/{run_id}/steps"],
  ["getRunStep", "GET", "/threads/{thread_id}/runs/{run_id}/steps/{step_id}"]
] as const

const namesOf = (predicate: (endpoint: Endpoint.Any) => boolean) =>
  Contract.endpoints.filter(predicate).map(({ name }) => name).sort()

describe("Contract", () => {
  it("states the documented operations and no other", () => {
    assert.sameDeepMembers(
      Contract.endpoints.map(({ method, name, path }) => [name, method, path]),
      operations.map((operation) => [...operation])
    )
  })

  it("has no two operations of one name, or of one method and path", () => {
    for (const key of [({ name }: Endpoint.Any) => name, ({ method, path }: Endpoint.Any) => `${method} ${path}`]) {
      assert.strictEqual(new Set(Contract.endpoints.map(key)).size, Contract.endpoints.length)
    }
  })

  it("finds by resource what it lists as a whole", () => {
    const resources = Object.keys(Contract.resources) as Array<Contract.ResourceName>
    assert.deepStrictEqual(
      Object.fromEntries(resources.map((resource) => [resource, Contract.endpointsOf(resource).length])),
      {
        ChatCompletions: 1,
        Embeddings: 1,
        Files: 5,
        Models: 3,
        Assistants: 5,
        AssistantFiles: 4,
        Threads: 4,
        Messages: 4,
        MessageFiles: 2,
        Runs: 7,
        RunSteps: 2
      }
    )
    assert.deepStrictEqual(
      resources.flatMap((resource): ReadonlyArray<Endpoint.Any> => Contract.endpointsOf(resource)),
      [
        ...Contract.endpoints
      ]
    )
  })

  it("pages the lists, replays what creates no second object, and asks for the beta where Assistants are", () => {
    assert.deepStrictEqual(namesOf(({ pagination }) => pagination !== undefined), [
      "listAssistantFiles",
      "listAssistants",
      "listFiles",
      "listMessageFiles",
      "listMessages",
      "listRunSteps",
      "listRuns"
    ])
    assert.deepStrictEqual(namesOf(({ replayable }) => !replayable), [
      "createAssistant",
      "createAssistantFile",
      "createFile",
      "createMessage",
      "createRun",
      "createThread",
      "createThreadAndRun",
      "submitToolOuputsToRun"
    ])
    assert.deepStrictEqual(
      namesOf(({ family }) => family === "assistants"),
      namesOf(({ path }) => /^\/(assistants|threads)/.test(path))
    )
  })

  it("streams events, with names where they are documented", () => {
    assert.deepStrictEqual(namesOf(({ events }) => events?.named === true), [
      "createRun",
      "createThreadAndRun",
      "submitToolOuputsToRun"
    ])
    assert.deepStrictEqual(namesOf(({ events }) => events?.named === false), ["createChatCompletion"])
  })

  it("finds a transformation wherever it hides", () => {
    const tree: Schema.Schema<unknown> = Schema.Array(Schema.suspend(() => tree)) as any // only its AST is looked at
    const hidden = Schema.NumberFromString
    assert.isUndefined(transformation(tree.ast))
    for (
      const schema of [
        Schema.Struct({ a: Schema.optional(Schema.NullOr(hidden)) }),
        Schema.Record({ key: Schema.String, value: hidden }),
        Schema.Array(hidden).pipe(Schema.maxItems(2)),
        Schema.suspend(() => hidden)
      ]
    ) {
      assert.isDefined(transformation(schema.ast))
    }
  })

  for (const endpoint of Contract.endpoints) {
    describe(endpoint.name, () => {
      it("has words for people", () => {
        assert.match(endpoint.summary, /^[A-Z].*[^.]$/)
        assert.match(endpoint.description, /^[A-Z].*\.$/)
      })

      it("has a parameter for each name in its path", () => {
        const names = Array.from(endpoint.path.matchAll(/\{(\w+)\}/g), ([, name]) => name)
        assert.deepStrictEqual(Object.keys(endpoint.parameters.fields), names)
      })

      it("has no field in two places", () => {
        const names = [
          endpoint.parameters,
          endpoint.query,
          ...(endpoint.body._tag === "None" ? [] : [endpoint.body.schema])
        ].flatMap(({ ast }) => AST.getPropertySignatures(ast).map(({ name }) => name))
        assert.strictEqual(new Set(names).size, names.length)
      })

      // The client hands out the value that it parsed, and sends the value that it was given.
      it("transforms neither request, answer nor event", () => {
        assert.isUndefined(transformation(Endpoint.request(endpoint).ast))
        if (endpoint.success._tag === "Json") assert.isUndefined(transformation(endpoint.success.schema.ast))
        if (endpoint.events !== undefined) assert.isUndefined(transformation(endpoint.events.schema.ast))
      })

      it("names as files what is a file", () => {
        if (endpoint.body._tag !== "Multipart") return
        const fields: Readonly<Record<string, unknown>> = endpoint.body.schema.fields
        const files = Object.keys(fields).filter((name) => {
          const field = fields[name]
          return Schema.isSchema(field) &&
            find(field.ast, AST.isDeclaration) !== undefined &&
            Predicate.isTruthy(Schema.is(field)(FileSource.fromBytes("a", "b")))
        })
        assert.deepStrictEqual(files, [...endpoint.body.files])
        assert.isAbove(files.length, 0)
      })
    })
  }
})
