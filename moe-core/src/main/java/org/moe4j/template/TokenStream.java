// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.List;
import org.moe4j.template.Token.Kind;

/** The tokens of a template with a current position. */
final class TokenStream {
  /** How deep parentheses, tags and else-branches may be nested together. */
  private static final int DEPTH = 200;

  private final List<Token> tokens;
  private int position;
  private int depth;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(position);
  }

  Token look() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  int line() {
    return current().line();
  }

  /** The current token; moves past it unless it is the end. */
  Token next() {
    Token token = current();
    if (position < tokens.size() - 1) {
      position++;
    }
    return token;
  }

  boolean at(Kind kind) {
    return current().kind() == kind;
  }

  boolean atName(String name) {
    return current().isName(name);
  }

  boolean atOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean skipName(String name) {
    boolean found = atName(name);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipOperator(String operator) {
    boolean found = atOperator(operator);
    if (found) {
      next();
    }
    return found;
  }

  Token expect(Kind kind, String expected) {
    if (!at(kind)) {
      throw unexpected(expected);
    }
    return next();
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected("'" + name + "'");
    }
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  SyntaxError unexpected(String expected) {
    return new SyntaxError(
        "expected " + expected + ", found " + current().describe(), current().line());
  }

  void enter() {
    if (++depth > DEPTH) {
      throw new SyntaxError("nesting of more than " + DEPTH + " levels", line());
    }
  }

  void leave() {
    depth--;
  }
}
