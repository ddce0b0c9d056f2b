// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text name, operator, unescaped string or template text; for numbers their spelling
 * @param line line in the template, from 1
 */
record Token(Kind kind, String text, int line) {

  enum Kind {
    TEXT,
    PRINT_BEGIN,
    PRINT_END,
    TAG_BEGIN,
    TAG_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  /** How an error message calls this token. */
  String describe() {
    return switch (kind) {
      case END -> "the end of the template";
      case TEXT -> "template text";
      case TAG_BEGIN -> "'{%'";
      case TAG_END -> "'%}'";
      case PRINT_BEGIN -> "'{{'";
      case PRINT_END -> "'}}'";
      default -> "'" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "'";
    };
  }
}
