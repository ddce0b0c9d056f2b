// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.moe4j.template.Stmt.Body;

/**
 * A macro with the scope in which it was defined; calling it gives the text that its body renders.
 *
 * @param definition the macro as it was written
 * @param closure the scope around it
 */
record Macro(Definition definition, Scope closure) implements Invocable {

  /**
   * A macro as it was written, or the body of a call block, which has no name.
   *
   * @param name name, or null
   * @param parameters names of the parameters
   * @param defaults defaults of the last parameters
   * @param body what is rendered
   * @param line line of the tag
   * @param usesCaller whether the body reads {@code caller}
   * @param usesNamed whether the body reads {@code kwargs}, which then takes the named arguments
   *     that are left
   * @param usesRest whether the body reads {@code varargs}, which then takes the positional
   *     arguments that are left
   */
  record Definition(
      @Nullable String name,
      List<String> parameters,
      List<Expr> defaults,
      Body body,
      int line,
      boolean usesCaller,
      boolean usesNamed,
      boolean usesRest) {

    static Definition of(
        @Nullable String name, List<String> parameters, List<Expr> defaults, Body body, int line) {
      Set<String> special = Mentions.find(body.statements, Set.of("caller", "kwargs", "varargs"));
      return new Definition(
          name,
          parameters,
          defaults,
          body,
          line,
          special.contains("caller"),
          special.contains("kwargs") && !parameters.contains("kwargs"),
          special.contains("varargs") && !parameters.contains("varargs"));
    }

    @Nullable Expr defaultOf(int parameter) {
      int index = parameter - (parameters.size() - defaults.size());
      return index < 0 ? null : defaults.get(index);
    }

    /** The special names that this macro's scope has. */
    List<String> implicitParameters() {
      List<String> names = new ArrayList<>();
      if (usesCaller) {
        names.add("caller");
      }
      if (usesNamed) {
        names.add("kwargs");
      }
      if (usesRest) {
        names.add("varargs");
      }
      return names;
    }
  }

  @Override
  public Object call(Evaluator evaluator, Arguments arguments) {
    Scope scope = evaluator.scope(definition.body(), closure);
    List<Object> positional = arguments.positional();
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    List<String> parameters = definition.parameters();
    evaluator.budget().objects(parameters.size() + 1L);
    List<Integer> missing = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      Object value = i < positional.size() ? positional.get(i) : named.remove(name);
      if (value == null) {
        missing.add(i);
        scope.hide(name);
      } else {
        scope.put(name, value);
      }
    }
    if (definition.usesCaller() && !parameters.contains("caller")) {
      Object caller = named.remove("caller");
      boolean absent = caller == null || caller == None.NONE;
      scope.put("caller", absent ? new Undefined("no caller defined") : caller);
    }
    if (definition.usesNamed()) {
      Dict rest = new Dict();
      named.forEach(rest::putText);
      scope.put("kwargs", rest);
    } else if (!named.isEmpty()) {
      String name = named.keySet().iterator().next();
      throw new TemplateError(describe() + " takes no argument '" + name + "'");
    }
    if (definition.usesRest()) {
      int from = Math.min(parameters.size(), positional.size());
      scope.put("varargs", new Seq(positional.subList(from, positional.size()), true));
    } else if (positional.size() > parameters.size()) {
      throw new TemplateError(describe() + " takes at most " + parameters.size() + " arguments");
    }
    for (int i : missing) {
      String name = parameters.get(i);
      Expr otherwise = definition.defaultOf(i);
      scope.put(
          name,
          otherwise == null
              ? new Undefined("parameter '" + name + "' was not provided")
              : evaluator.evaluate(otherwise, scope));
    }
    return evaluator.render(definition.body(), scope);
  }

  @Override
  public String describe() {
    return definition.name() == null ? "<Macro anonymous>" : "<Macro '" + definition.name() + "'>";
  }
}
