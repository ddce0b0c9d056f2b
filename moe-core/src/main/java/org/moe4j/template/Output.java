// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/** Text that is being rendered; every character is paid for. */
final class Output {
  private final StringBuilder text = new StringBuilder();
  private final Budget budget;

  Output(Budget budget) {
    this.budget = budget;
    budget.objects(1);
  }

  void append(String piece) {
    budget.text(piece.length());
    text.append(piece);
  }

  /** Appends the result of a filter or call block, which has to be text already. */
  void appendText(Object value) {
    String piece = Values.asText(value);
    if (piece == null) {
      throw new TemplateError("expected a string, found " + Values.typeName(value));
    }
    append(piece);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
