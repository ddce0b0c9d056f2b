// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * A template cannot go on: the internal signal that becomes a typed exception with name and line at
 * the door.
 */
final class TemplateError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TemplateError(String message) {
    // No stack trace: the template's line says where, and a hostile template may raise many.
    super(message, null, false, false);
  }
}
