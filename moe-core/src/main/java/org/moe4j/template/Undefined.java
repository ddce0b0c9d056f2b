// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * What a name, key or attribute that does not exist evaluates to. It prints as nothing, is false,
 * empty and equal to every other undefined value; anything else that is done with it is an error
 * that tells the problem.
 *
 * @param problem what is missing
 */
record Undefined(String problem) {

  /** The error that using this value raises. */
  TemplateError error() {
    return new TemplateError(problem);
  }

  static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }
}
