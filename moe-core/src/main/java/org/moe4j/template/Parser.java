// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.moe4j.template.Stmt.Body;
import org.moe4j.template.Stmt.Branch;
import org.moe4j.template.Stmt.Target;
import org.moe4j.template.Token.Kind;

/** Parses the text, prints and tags of a template; {@link ExprParser} reads what is inside them. */
final class Parser {
  private static final Set<String> UNSUPPORTED =
      Set.of("include", "import", "from", "extends", "block", "autoescape");

  private final TokenStream stream;
  private final ExprParser expressions;

  private Parser(List<Token> tokens) {
    this.stream = new TokenStream(tokens);
    this.expressions = new ExprParser(stream);
  }

  /** Parses and checks a whole template. */
  static Body parse(String source) {
    Parser parser = new Parser(Lexer.tokenize(source));
    Body body = new Body(parser.statements(Set.of()));
    Resolver.resolve(body);
    return body;
  }

  /** Statements up to a tag with one of the names, which is the current token afterwards. */
  private List<Stmt> statements(Set<String> ends) {
    stream.enter();
    List<Stmt> statements = new ArrayList<>();
    while (true) {
      Token token = stream.next();
      switch (token.kind()) {
        case TEXT -> statements.add(new Stmt.Plain(token.text()));
        case PRINT_BEGIN -> {
          statements.add(new Stmt.Print(expressions.tuple(), token.line()));
          stream.expect(Kind.PRINT_END, "'}}'");
        }
        case TAG_BEGIN -> {
          if (stream.at(Kind.NAME) && ends.contains(stream.current().text())) {
            stream.leave();
            return statements;
          }
          tag(statements);
          stream.expect(Kind.TAG_END, "'%}'");
        }
        case END -> {
          if (!ends.isEmpty()) {
            throw new SyntaxError(
                "the template ends inside a tag that needs " + String.join(" or ", sorted(ends)),
                token.line());
          }
          return statements;
        }
        default -> throw new IllegalStateException("token outside a tag: " + token);
      }
    }
  }

  private static List<String> sorted(Set<String> names) {
    return names.stream().sorted().toList();
  }

  /** The rest of an opening tag and the statements up to one of the end tags. */
  private List<Stmt> block(String... ends) {
    stream.skipOperator(":");
    stream.expect(Kind.TAG_END, "'%}'");
    return statements(Set.of(ends));
  }

  /** Like {@link #block} for the only end tag, whose name is read too. */
  private Body body(String end) {
    Body body = new Body(block(end));
    stream.next();
    return body;
  }

  private void tag(List<Stmt> into) {
    Token name = stream.expect(Kind.NAME, "the name of a tag");
    int line = name.line();
    switch (name.text()) {
      case "set" -> into.add(set(line));
      case "if" -> into.add(ifTag());
      case "for" -> into.add(forTag(line));
      case "macro" -> into.add(macro(line));
      case "call" -> into.add(call(line));
      case "filter" ->
          into.add(new Stmt.FilterBlock(expressions.filters(), body("endfilter"), line));
      case "with" -> into.add(with(line));
      case "generation" -> into.add(new Stmt.Generation(body("endgeneration")));
      case "print" -> print(into, line);
      case "break" -> into.add(new Stmt.Break(line));
      case "continue" -> into.add(new Stmt.Continue(line));
      default -> {
        String problem = UNSUPPORTED.contains(name.text()) ? "is not supported" : "is unknown";
        throw new SyntaxError("the tag '" + name.text() + "' " + problem + " here", line);
      }
    }
  }

  private Stmt set(int line) {
    Target target = target(true);
    if (stream.skipOperator("=")) {
      return new Stmt.Assign(target, expressions.tuple(), line);
    }
    List<Expr.Filter> filters =
        stream.skipOperator("|") ? expressions.filters() : List.<Expr.Filter>of();
    return new Stmt.AssignBlock(target, filters, body("endset"), line);
  }

  private Stmt ifTag() {
    List<Branch> branches = new ArrayList<>();
    List<Stmt> otherwise = List.of();
    while (true) {
      int line = stream.line();
      Expr test = expressions.tupleWithoutIf();
      branches.add(new Branch(test, block("elif", "else", "endif"), line));
      String next = stream.next().text();
      if (next.equals("elif")) {
        continue;
      }
      if (next.equals("else")) {
        otherwise = block("endif");
        stream.next();
      }
      return new Stmt.If(branches, otherwise);
    }
  }

  private Stmt forTag(int line) {
    Target target = target(false);
    stream.expectName("in");
    Expr items = expressions.tupleWithoutIf();
    Expr filter = stream.skipName("if") ? expressions.expression() : null;
    boolean recursive = stream.skipName("recursive");
    Body body = new Body(block("endfor", "else"));
    Body otherwise = stream.next().text().equals("else") ? body("endfor") : Body.EMPTY;
    return new Stmt.For(target, items, filter, body, otherwise, recursive, line);
  }

  private Stmt macro(int line) {
    String name = stream.expect(Kind.NAME, "the name of the macro").text();
    return new Stmt.MacroDefinition(definition(name, "endmacro", line), line);
  }

  private Stmt call(int line) {
    List<String> parameters = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    if (stream.atOperator("(")) {
      signature(parameters, defaults);
    }
    Expr callee = expressions.expression();
    if (!(callee instanceof Expr.Chain chain && chain.links().getLast() instanceof Expr.Call)) {
      throw new SyntaxError("expected the call of a macro", line);
    }
    Macro.Definition caller =
        Macro.Definition.of(null, parameters, defaults, body("endcall"), line);
    return new Stmt.CallBlock(chain, caller, line);
  }

  private Macro.Definition definition(@Nullable String name, String end, int line) {
    List<String> parameters = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    signature(parameters, defaults);
    return Macro.Definition.of(name, parameters, defaults, body(end), line);
  }

  private void signature(List<String> parameters, List<Expr> defaults) {
    stream.expectOperator("(");
    Set<String> names = new HashSet<>();
    while (!stream.atOperator(")")) {
      if (!parameters.isEmpty()) {
        stream.expectOperator(",");
      }
      Token name = stream.expect(Kind.NAME, "the name of a parameter");
      if (!names.add(name.text())) {
        throw new SyntaxError("parameter '" + name.text() + "' is given twice", name.line());
      }
      parameters.add(name.text());
      if (stream.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw new SyntaxError("a parameter without default follows one with it", name.line());
      }
    }
    stream.expectOperator(")");
  }

  private Stmt with(int line) {
    List<Target> targets = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!stream.at(Kind.TAG_END)) {
      if (!targets.isEmpty()) {
        stream.expectOperator(",");
      }
      targets.add(target(false));
      stream.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Stmt.With(targets, values, body("endwith"), line);
  }

  private void print(List<Stmt> into, int line) {
    boolean first = true;
    while (!stream.at(Kind.TAG_END)) {
      if (!first) {
        stream.expectOperator(",");
      }
      first = false;
      into.add(new Stmt.Print(expressions.expression(), line));
    }
  }

  /** What is assigned to: a name, names with commas, or an attribute of a namespace. */
  private Target target(boolean withAttributes) {
    List<Target> targets = new ArrayList<>();
    boolean isTuple = false;
    while (!(stream.at(Kind.PRINT_END) || stream.at(Kind.TAG_END) || stream.atOperator(")"))) {
      targets.add(singleTarget(withAttributes));
      if (!stream.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (targets.isEmpty()) {
      throw stream.unexpected("the name of a variable");
    }
    return isTuple ? new Stmt.TupleTarget(targets) : targets.get(0);
  }

  private Target singleTarget(boolean withAttributes) {
    Token token = stream.current();
    if (token.isOperator("(")) {
      stream.next();
      Expr inner = expressions.inParentheses();
      return toTarget(inner, token.line());
    }
    stream.expect(Kind.NAME, "the name of a variable");
    if (withAttributes && !isConstant(token.text()) && stream.skipOperator(".")) {
      String attribute = stream.expect(Kind.NAME, "the name of an attribute").text();
      return new Stmt.AttributeTarget(token.text(), attribute, token.line());
    }
    return nameTarget(token.text(), token.line());
  }

  private static Target toTarget(Expr expression, int line) {
    return switch (expression) {
      case Expr.Name name -> nameTarget(name.name(), line);
      case Expr.Sequence tuple when tuple.tuple() ->
          new Stmt.TupleTarget(tuple.items().stream().map(item -> toTarget(item, line)).toList());
      default -> throw new SyntaxError("only names can be assigned to", line);
    };
  }

  private static Target nameTarget(String name, int line) {
    if (isConstant(name)) {
      throw new SyntaxError("'" + name + "' cannot be assigned to", line);
    }
    return new Stmt.NameTarget(name, line);
  }

  private static boolean isConstant(String name) {
    return switch (name) {
      case "true", "True", "false", "False", "none", "None" -> true;
      default -> false;
    };
  }
}
