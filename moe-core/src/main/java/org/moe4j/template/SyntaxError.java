// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/** The template text is malformed. */
final class SyntaxError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int line;

  SyntaxError(String message, int line) {
    super(message, null, false, false);
    this.line = line;
  }

  int line() {
    return line;
  }
}
