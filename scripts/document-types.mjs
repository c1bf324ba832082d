// Writes the description of each field into the declarations of core, where an editor finds it. Descriptions are annotations of
// Schemas, which exist at run time only, and the compiler infers types without them. Comments do not change a type, so a
// program is checked as fast as without them. `npm run build` runs this.
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import ts from "typescript"

const dist = "packages/core/dist"

// -----------------------------------------------------------------------------
// descriptions
// -----------------------------------------------------------------------------

/** The objects that a type consists of, without those of their fields. */
const objectsOf = (ast, seen = new Set()) => {
  if (seen.has(ast)) return []
  seen.add(ast)
  const all = (asts) => asts.flatMap((ast) => objectsOf(ast, seen))
  switch (ast._tag) {
    case "TypeLiteral":
      return [ast, ...all(ast.indexSignatures.map(({ type }) => type))]
    case "TupleType":
      return all([...ast.elements, ...ast.rest].map(({ type }) => type))
    case "Union":
      return all(ast.types)
    case "Refinement":
      return all([ast.from])
    case "Suspend":
      return all([ast.f()])
    default:
      return []
  }
}

/** A response's type is derived from Schemas that are kept under this symbol. The derived ones lose annotations of limits. */
const OriginId = Symbol.for("@effect-openai/core/Tolerant/Origin")

/** So does the documented type of one that is stated for responses. */
const ExactId = Symbol.for("@effect-openai/core/Tolerant/Exact")

const withoutUndefined = (ast) =>
  AST.isUnion(ast) && AST.isUndefinedKeyword(ast.types.at(-1)) && ast.types.length === 2 ? ast.types[0] : ast

/** A field's signature and types, beginning with those that have the most annotations. */
const annotatedOf = (object, name) => {
  const own = object.propertySignatures.find((property) => property.name === name)
  const { ast: original } = object.annotations[OriginId]?.fields[name] ?? {}
  return [original, own].filter((one) => one !== undefined).flatMap((one) => {
    const type = "isOptional" in one ? one.type : one
    const present = withoutUndefined(type)
    return [one, type, present, present.annotations[ExactId]].filter((one) => one !== undefined)
  })
}

/** The documentation of a field, with its default. Undefined if it has none. */
const documentationOf = (object, name) => {
  const annotated = annotatedOf(object, name)
  const json = annotated.map(({ annotations }) => annotations[AST.JSONSchemaAnnotationId])
    .find((json) => json?.description !== undefined)
  if (json === undefined) {
    // Other types have Effect's own descriptions, such as "a string".
    return annotated
      .filter((one) => AST.isTypeLiteral(one) || AST.isUnion(one) || AST.isTupleType(one))
      .map(({ annotations }) => annotations[AST.DescriptionAnnotationId])
      .find((description) => description !== undefined)
  }
  const { default: value, deprecated, description } = json
  return [
    description,
    ...value === undefined || /\bdefault\b/i.test(description) ? [] : [`Default: \`${JSON.stringify(value)}\`.`],
    ...deprecated ? ["@deprecated"] : []
  ].join(" ")
}

const literalOf = (object, name) => {
  const literal = annotatedOf(object, name).find(AST.isLiteral)?.literal
  return typeof literal === "string" ? literal : undefined
}

// -----------------------------------------------------------------------------
// declarations
// -----------------------------------------------------------------------------

const propertiesOf = (node) =>
  ts.isIntersectionTypeNode(node)
    ? node.types.flatMap(propertiesOf)
    : ts.isTypeLiteralNode(node)
    ? node.members.filter((member) => ts.isPropertySignature(member) && member.type !== undefined)
    : []

const nameOf = ({ name }) => name.text

/** The objects that a node of a type can be: those with its fields, and with its literals. */
const matching = (objects, properties) => {
  const fits = objects.filter((object) => {
    const names = new Set(object.propertySignatures.map(({ name }) => name))
    return properties.every((property) => {
      const literal = names.has(nameOf(property)) ? literalOf(object, nameOf(property)) : undefined
      return names.has(nameOf(property)) && (literal === undefined || property.type.getText().includes(`"${literal}"`))
    })
  })
  const exact = fits.filter(({ propertySignatures }) => propertySignatures.length === properties.length)
  return exact.length > 0 ? exact : fits
}

/** Calls `document` for each field below a node. A field is not documented where the Schemas contradict each other. */
const visitType = (node, objects, document) => {
  const properties = propertiesOf(node)
  const found = properties.length === 0 ? [] : matching(objects, properties)
  if (found.length === 0) {
    ts.forEachChild(node, (child) => visitType(child, objects, document))
    return
  }
  for (const property of properties) {
    const name = nameOf(property)
    const texts = new Set(found.map((object) => documentationOf(object, name)).filter((text) => text !== undefined))
    if (texts.size === 1) document(property, ...texts)
    const types = found.flatMap((object) => annotatedOf(object, name).filter((one) => !("isOptional" in one)))
    visitType(property.type, [...new Set(types.flatMap((type) => objectsOf(type)))], document)
  }
}

/** The fields of an endpoint that have Schemas, by the place of their type among the type's arguments. */
const arguments_ = { 1: "parameters", 2: "query", 3: "body", 4: "success", 5: "events" }

const objectsIn = (value) => {
  if (Schema.isSchema(value)) return objectsOf(value.ast)
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(objectsIn) : []
}

/** Finds the Schemas below a value, and the nodes of their types below the node of its type. */
const visitValue = (node, value, endpoints, document) => {
  if (ts.isTypeReferenceNode(node) || ts.isImportTypeNode(node)) {
    const [name] = node.typeArguments ?? []
    const endpoint = name && ts.isLiteralTypeNode(name) ? endpoints.get(name.literal.text) : undefined
    if (endpoint !== undefined && node.typeArguments.length >= 6) {
      for (const [index, field] of Object.entries(arguments_)) {
        visitType(node.typeArguments[index], objectsIn(endpoint[field]), document)
      }
      return
    }
  }
  if (Schema.isSchema(value)) return visitType(node, objectsOf(value.ast), document)
  if (ts.isTypeLiteralNode(node)) {
    for (const property of propertiesOf(node)) {
      visitValue(property.type, value?.[nameOf(property)], endpoints, document)
    }
    return
  }
  ts.forEachChild(node, (child) => visitValue(child, value, endpoints, document))
}

/** Exports under another name, such as `delete_ as delete`. */
const exportedNames = (source) =>
  new Map(
    source.statements.flatMap((statement) =>
      ts.isExportDeclaration(statement) && statement.exportClause?.elements !== undefined
        ? statement.exportClause.elements.map(({ name, propertyName = name }) => [propertyName.text, name.text])
        : []
    )
  )

const documentFile = async (file, endpoints) => {
  const text = readFileSync(file, "utf8")
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const values = await import(pathToFileURL(file.replace(/\.d\.ts$/, ".js")).href)
  const names = exportedNames(source)
  const edits = []
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, type } of statement.declarationList.declarations) {
      if (type === undefined) continue
      visitValue(type, values[names.get(name.text) ?? name.text], endpoints, (property, documentation) => {
        const end = property.getStart()
        const [comment] = ts.getLeadingCommentRanges(text, property.getFullStart()) ?? []
        edits.push([comment?.pos ?? end, end, `/** ${documentation.replaceAll("*/", "*\\/")} */ `])
      })
    }
  }
  let written = text
  for (const [start, end, comment] of edits.sort(([one], [other]) => other - one)) {
    written = written.slice(0, start) + comment + written.slice(end)
  }
  if (written === text) return
  // With its time, so that packages that depend on core are not compiled again.
  const { atime, mtime } = statSync(file)
  writeFileSync(file, written)
  utimesSync(file, atime, mtime)
}

const { endpoints } = await import(pathToFileURL(join(dist, "Contract.js")).href)
const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]))
for (const path of readdirSync(dist, { recursive: true })) {
  if (path.endsWith(".d.ts")) await documentFile(join(dist, path), byName)
}
