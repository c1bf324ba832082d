// Reports exports without a docblock with `@since`. Only the type of a Schema of the same name needs none. This is why
// core's `docgen.json` has `enforceVersion: false`: docgen demands a docblock for both.

const isType = ({ type }) => type === "TSInterfaceDeclaration" || type === "TSTypeAliasDeclaration"

const namesOf = (declaration) =>
  declaration.type === "VariableDeclaration" ? declaration.declarations.map(({ id }) => id.name) : [declaration.id.name]

/** @type {import("eslint").Rule.RuleModule} */
export const since = {
  meta: { type: "problem", schema: [], messages: { missing: "{{name}} has no docblock with @since." } },
  create: ({ report, sourceCode }) => {
    const declarations = sourceCode.ast.body.flatMap((node) =>
      node.type === "ExportNamedDeclaration" && node.declaration ? [[node, node.declaration]] : []
    )
    const values = new Set(declarations.flatMap(([, one]) => isType(one) ? [] : namesOf(one)))
    const check = (node, name) => {
      const docblock = sourceCode.getCommentsBefore(node).at(-1)?.value ?? ""
      if (!/^\*[^]*@since \d/.test(docblock)) report({ node, messageId: "missing", data: { name } })
    }
    return {
      Program: () => {
        for (const [node, declaration] of declarations) {
          const [name] = namesOf(declaration)
          if (!isType(declaration) || !values.has(name)) check(node, name)
        }
      },
      ExportSpecifier: (node) => check(node, node.exported.name)
    }
  }
}
