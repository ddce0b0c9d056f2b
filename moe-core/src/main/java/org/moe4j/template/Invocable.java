// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * A value that a template can call: a macro, a method of a value, or one of the global functions.
 */
interface Invocable {

  Object call(Evaluator evaluator, Arguments arguments);

  /** How the value prints. */
  String describe();

  /** A function that is not a macro. */
  static Invocable function(String name, Signature signature, Action action) {
    return new Invocable() {
      @Override
      public Object call(Evaluator evaluator, Arguments arguments) {
        return action.call(evaluator, signature.bind(arguments));
      }

      @Override
      public String describe() {
        return "<function " + name + ">";
      }
    };
  }

  /** What a function does with its bound arguments. */
  interface Action {
    Object call(Evaluator evaluator, Bound arguments);
  }
}
