import { Contract, Endpoint, FileSource } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** The first AST that matches, at any depth. */
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

const namesOf = (predicate: (endpoint: Endpoint.Any) => boolean) =>
  Contract.endpoints.filter(predicate).map(({ name }) => name).sort()

describe("Contract", () => {
  it("has no two operations with the same name, or the same method and path", () => {
    for (const key of [({ name }: Endpoint.Any) => name, ({ method, path }: Endpoint.Any) => `${method} ${path}`]) {
      assert.strictEqual(new Set(Contract.endpoints.map(key)).size, Contract.endpoints.length)
    }
  })

  it("lists the operations of its resources", () => {
    assert.deepStrictEqual(
      Contract.resourceNames.flatMap((resource): ReadonlyArray<Endpoint.Any> => Contract.endpointsOf(resource)),
      [...Contract.endpoints]
    )
  })

  it("paginates the lists that take `after` or `page`", () => {
    assert.deepStrictEqual(
      namesOf(({ pagination }) => pagination?._tag === "Cursor"),
      namesOf(({ query }) => "after" in query.fields)
    )
    assert.deepStrictEqual(
      namesOf(({ pagination }) => pagination?._tag === "Page"),
      namesOf(({ query }) => "page" in query.fields)
    )
  })

  it("does not send a request again that would create a second object", () => {
    assert.deepStrictEqual(
      namesOf(({ replayable }) => !replayable).sort(),
      [
        "completeUpload",
        "create-project",
        "create-project-service-account",
        "create-project-user",
        "createAssistant",
        "createAssistantFile",
        "createBatch",
        "createFile",
        "createFineTuningJob",
        "createMessage",
        "createRun",
        "createThread",
        "createThreadAndRun",
        "createUpload",
        "inviteUser",
        "submitToolOuputsToRun"
      ].sort()
    )
  })

  it("sends the beta header to Assistants", () => {
    assert.deepStrictEqual(
      namesOf(({ family }) => family === "assistants"),
      namesOf(({ path }) => /^\/(assistants|threads)/.test(path))
    )
  })

  it("streams events where the body has `stream`, and names those of Assistants", () => {
    assert.deepStrictEqual(
      namesOf(({ events }) => events !== undefined),
      namesOf(({ body }) =>
        body._tag === "Json" && AST.getPropertySignatures(body.schema.ast).some(({ name }) => name === "stream")
      )
    )
    assert.deepStrictEqual(
      namesOf(({ events }) => events?.named === true),
      namesOf(({ events, family }) => events !== undefined && family === "assistants")
    )
  })

  it("finds a transformation at any depth", () => {
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
      it("has a summary and a description", () => {
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

      it("has a query and a form that can be encoded", () => {
        assert.isUndefined(Endpoint.unencodable(endpoint))
      })

      // The client returns the value that it parsed, and sends the value that it received.
      it("transforms neither request, response nor event", () => {
        assert.isUndefined(transformation(Endpoint.request(endpoint).ast))
        if (endpoint.success._tag === "Json") assert.isUndefined(transformation(endpoint.success.schema.ast))
        if (endpoint.events !== undefined) assert.isUndefined(transformation(endpoint.events.schema.ast))
      })

      it("names the fields that are files", () => {
        if (endpoint.body._tag !== "Multipart") return
        const files = AST.getPropertySignatures(endpoint.body.schema.ast).filter(({ type }) =>
          find(type, AST.isDeclaration) !== undefined && Schema.is(Schema.make(type))(FileSource.fromBytes("a", "b"))
        ).map(({ name }) => name)
        assert.deepStrictEqual(files, [...endpoint.body.files])
        assert.isAbove(files.length, 0)
      })
    })
  }
})
