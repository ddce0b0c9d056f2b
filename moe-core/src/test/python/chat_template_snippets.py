"""Small templates of our own, one for every corner of the language that chat templates can use."""

VARIABLES = {
    "name": "Ada",
    "n": 3,
    "zero": 0,
    "pi": 3.14159,
    "big": 12345678901234567890,
    "yes": True,
    "no": False,
    "nothing": None,
    "empty": "",
    "text": "The quick brown fox",
    "lines": "one\n  two\n\nthree\n",
    "html": "<b>\"Tom\" & 'Jerry'</b>",
    "braces": "{{ name }}{% if %}{# x #}",
    "unicode": "Grüße 😀 日本",
    "padded": "  \t both \n ",
    "numbers": [3, 1, 2, 10],
    "words": ["pear", "Apple", "fig", "apple"],
    "nested": [[1, 2], [3, [4, 5]], []],
    "user": {"name": "Bob", "age": 30, "items": "own", "tags": ["x", "y"], "address": {"city": "Rome"}},
    "people": [
        {"name": "Bob", "age": 30, "city": "Rome", "admin": True},
        {"name": "Alice", "age": 25, "city": "Paris"},
        {"name": "carol", "age": 30, "city": "rome", "admin": False},
    ],
    "mixed": ["a", 1, 2.5, True, None, [1, "x"], {"k": "v"}],
    "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
    "schema": {"type": "object", "properties": {"b": {"type": "string", "enum": ["é", "<x>"]}, "a": {"type": "integer"}}, "required": ["b"]},
    "tree": [{"label": "1", "kids": [{"label": "1.1", "kids": []}, {"label": "1.2", "kids": [{"label": "1.2.1", "kids": []}]}]}, {"label": "2", "kids": []}],
    "args": [1, 2],
    "kwargs": {"sep": "-"},
}

# Printed one by one inside {{ }}.
EXPRESSIONS = r"""
1
-1
1_000
0x1F
0b101
0o17
00
1.0
1.50
1e3
1e16
1e15
1.5e-7
0.0001
0.00001
123456789.123456789
1e22
1e-320
5e-324
1/3
2/1
7//2
-7//2
7%3
-7%3
7%-3
7.5//2
-7.5%2
7.5 // -2
0.0 // 5
2**10
2**-1
2**0.5
2**3**2
-2**2
(-8)**2
2**64
9223372036854775807 + 1
9223372036854775807 * 2
-9223372036854775808 - 1
12345678901234567890 + 1
12345678901234567890 // 7
12345678901234567890 % 97
12345678901234567890 / 10
big
big + 1
big > 1e19
big == 12345678901234567890
3000000000 * 3000000000
1 + True
True + True
-True
+True
1.0 == 1
True == 1
1 == '1'
0.1 + 0.2
1e308 * 10
-1e308 * 10
3 - 5
3 * 'ab'
'ab' * 3
'ab' * -1
[1, 2] * 2
(1, 2) * 2
2 * [0]
[1] + [2, 3]
(1,) + (2,)
'a' + 'b'
'a' 'b' "c"
'a' ~ 1 ~ none ~ true ~ 1.5 ~ [1] ~ missing
1 ~ 2 + 3
1 < 2
1 < 2 < 3
1 < 3 < 2
3 > 2 >= 2
1 == 1.0 == true
'a' < 'b'
'a' < 'B'
'é' > 'z'
'😀' > '￿'
[1, 2] < [1, 3]
[1, 2] < [1, 2, 0]
[] < [0]
(1, 'a') < (1, 'b')
[1] == (1,)
[1] == [1.0]
{'a': 1} == {'a': 1.0}
{'a': 1, 'b': 2} == {'b': 2, 'a': 1}
none == none
none == false
missing == missing2
missing != none
1 in [1, 2]
'1' in [1, 2]
'a' in 'cat'
'' in 'cat'
'x' not in 'cat'
'name' in user
'Bob' in user
'Bob' in user.values()
('name', 'Bob') in user.items()
2 in range(5)
2.0 in range(5)
'a' in missing
1 in (1, 2)
not 1
not ''
not not 'a'
not missing
1 and 2
0 and 2
1 or 2
0 or ''
'' or none or 'x'
1 and 0 or 3
not 1 == 2
true and not false
'yes' if yes
'yes' if no
'a' if no else 'b'
'a' if no else 'b' if no else 'c'
('a' if no) is undefined
1 if yes else missing.attribute
none
true
false
True
False
None
[none, true, 1.5, 'x', "it's", 'say "hi"', "both ' and \"", '\n\t\\']
['é', '😀', '\x00', '\x7f', '\u00a0', '\u200b', '\u2028', '\u3000', '\x85']
'\x41\u00e9\U0001F600\101\N{BULLET}'

"\'\"\a\b\f\v" | tojson
()
(1,)
(1, 2,)
1, 2
[]
[1, [2, [3]]]
[1, 2,]
{}
{'a': 1, 'b': [2], 3: 'c', none: true, 1.5: 'f', (1, 2): 't'}
{'a': 1, 'a': 2}
{1: 'a', true: 'b', 1.0: 'c'}
{'a': {'b': {}},}
{'a': 1}.a
{'a': 1}['a']
{1: 'x'}[1]
{1: 'x'}[true]
{1: 'x'}[1.0]
{'1': 'x'}[1]
user.name
user['name']
user.items is callable
user.missing
user['items']
user.missing is defined
user.address.city
user['address']['city']
user.get('name')
user.get('nope')
user.get('nope', 'd')
user.get('nope', missing) is undefined
user.keys()
user.values() | list
user.items() | list | length
user.address.items()
user.address.keys() | list
user.address.copy()
user | length
user.tags[0]
user.tags.0
user.tags[-1]
user.tags[5] is undefined
user.tags['0'] is undefined
numbers[1:]
numbers[:2]
numbers[-2:]
numbers[::2]
numbers[::-1]
numbers[3:0:-1]
numbers[10:]
numbers[-10:2]
numbers[1:2:1]
numbers[true]
numbers[:none]
text[0]
text[-1]
text[100] is undefined
text[4:9]
text[::-1]
text[:-4]
unicode[6]
unicode[6:8]
unicode[::-1]
unicode | length
unicode[-2:]
(1, 2, 3)[1:]
range(10)[2:5]
range(10)[::3] | list
range(5)[-1]
range(3)
range(1, 10, 3) | list
range(5, 0, -2) | list
range(0)
range(0) | list
range(3) | length
range(3) == range(0, 3)
missing
missing | length
missing | default('d')
missing | default
missing is defined
missing is undefined
missing ~ 'x'
missing or 'x'
[missing]
missing | list
missing | join(',')
missing | upper
missing | first is undefined
missing | last is undefined
missing == ''
name | upper
name|lower|upper
'hello world'|capitalize
'HELLO wORLD'|capitalize
'ǆabc'|capitalize
'hello wORLD-foo (bar) [x] {y} <z>'|title
"it's a dog's life"|title
'ß'|upper
'İ'|lower
'ΑΣ'|lower
'ﬁx'|upper
padded|trim
padded|trim|length
'xxhixx'|trim('x')
'abcba'|trim('ab')
text|replace('quick', 'slow')
text|replace('o', '0')
text|replace('o', '0', 1)
text|replace('', '-')
'aaa'|replace('a', 'b', 2)
'aaa'|replace('a', 'b', count=2)
5|replace(5, 6)
text|length
text|count
numbers|length
text|wordcount
text|center(30)
text|center(5)
'ab'|center(5)
'abc'|center(6)
'abc'|center
numbers|first
numbers|last
text|first
text|last
[]|first
[]|last
user|first
user|last
range(3)|last
numbers|join
numbers|join(', ')
numbers|join(d='-')
people|join(', ', attribute='name')
people|join(', ', 'city')
mixed|join('|')
text|list
user|list
(1, 2)|list
lines|indent
lines|indent(2)
lines|indent(2, true)
lines|indent(width=2, first=true, blank=true)
lines|indent('> ')
lines|indent(first=true)
''|indent
'a'|indent(8, first=true)
'a\n'|indent
numbers|sort
numbers|sort(reverse=true)
words|sort
words|sort(case_sensitive=true)
people|sort(attribute='name')|map(attribute='name')|list
people|sort(attribute='age,name')|map(attribute='name')|list
people|sort(true, attribute='age')|map(attribute='name')|list
people|map(attribute='address.city')|list|length
[[2, 'a'], [1, 'b']]|sort
[[2, 'a'], [1, 'b']]|sort(attribute=1)
[[2, 'a'], [1, 'b']]|sort(attribute='0')
numbers|min
numbers|max
words|min
words|max
words|max(case_sensitive=true)
people|max(attribute='age')
people|min(attribute='name')
[]|min
numbers|sum
[1, 2.5, true]|sum
people|sum('age')
people|sum(attribute='age', start=100)
[[1], [2]]|sum(start=[])
numbers|reverse|list
text|reverse
user|reverse|list
words|unique|list
words|unique(true)|list
[1, 1.0, true, 2]|unique|list
people|unique(attribute='city')|map(attribute='city')|list
numbers|batch(3)|list
numbers|batch(3, 0)|list
numbers|slice(3)|list
numbers|slice(3, 'x')|list
numbers|slice(2)|list
people|map(attribute='name')|list
people|map(attribute='admin', default='?')|list
people|map(attribute='admin')|list
people|map('length')|list
words|map('upper')|join(',')
words|map('replace', 'p', 'b')|list
nested|map('first')|list
numbers|select('odd')|list
numbers|reject('odd')|list
numbers|select('greaterthan', 2)|list
numbers|select('>', 2)|list
numbers|select('in', [1, 2])|list
numbers|select|list
mixed|select('string')|list
mixed|reject('string')|list
[0, 1, '', 'x', none]|select|list
[0, 1, '', 'x', none]|reject|list
people|selectattr('admin')|map(attribute='name')|list
people|rejectattr('admin')|map(attribute='name')|list
people|selectattr('admin', 'defined')|map(attribute='name')|list
people|selectattr('age', 'equalto', 30)|list|length
people|selectattr('city', '==', 'Rome')|first
people|selectattr('nope', 'undefined')|list|length
people|rejectattr('age', 'eq', 30)|map(attribute='name')|list
(people|selectattr('admin') is defined) and 'generator'
'true' if people|selectattr('nope')
people|selectattr('name')|list == people
user|dictsort
user.address|dictsort
{'b': 1, 'A': 2, 'c': 0}|dictsort
{'b': 1, 'A': 2, 'c': 0}|dictsort(true)
{'b': 1, 'A': 2, 'c': 0}|dictsort(false, 'value')
{'b': 1, 'A': 2, 'c': 0}|dictsort(by='value', reverse=true)
{2: 'a', 1: 'b'}|dictsort
user|items|list|length
missing|items|list
'3'|int
'3.7'|int
' 42 '|int
'x'|int
'x'|int(7)
'x'|int(default=none)
'0x1f'|int(base=16)
'ff'|int(0, 16)
'1_000'|int
'-5'|int
3.9|int
-3.9|int
true|int
none|int
'inf'|int
'1e3'|int
[]|int(5)
'3'|float
'1e3'|float
'.5'|float
'5.'|float
'1_0.5'|float
'x'|float
'x'|float(1.5)
'-inf'|float
'NaN'|float
'Infinity'|float
'1__0'|float
'0x10'|float
3|float
true|float
none|float(0)
2.5|round
3.5|round
-2.5|round
42.55|round(1)
42.45|round(1)
2.675|round(2)
1234.5|round(-2)
42|round
42|round(2)
1250|round(-2)
1350|round(-2)
42.1|round(0, 'ceil')
42.9|round(method='floor')
42.55|round(1, 'ceil')
42|round(0, 'ceil')
-3|abs
-3.5|abs
true|abs
5|string
none|string
[1, 'a']|string
missing|string
1.0|string|length
'abc'|string
'%s is %d'|format(name, n)
'%(a)s-%(b)s'|format(a=1, b=2)
'%5d|%-5d|%05d|%+d|% d'|format(42, 42, 42, 42, 42)
'%.2f %e %g %G'|format(pi, pi, pi, 1e-10)
'%x %X %o %#x %c %c'|format(255, 255, 8, 255, 65, 'B')
'%r %s %a'|format('é', 'é', 'é')
'%10s|%-10s|%.2s'|format('abc', 'abc', 'abc')
'%*d|%.*f'|format(5, 42, 2, pi)
'100%%'|format
'%d'|format(3.99)
'%5.1f%%' % 99.55
'%s' % name
'%s %s' % (1, 2)
'%s' % [1, 2]
'%s' % none
'%(name)s' % user
'x' % []
'%i' % true
'%08.3f' % -3.14159
'%g' % 100000
'%g' % 1000000
'%g' % 0.0001
'%g' % 0.00001
'%.3g' % 1234.5
'%#.3g' % 1.0
'%e' % 0
'%.0f' % 0.5
'%.0f' % 1.5
'%.10d' % 42
'%x' % -255
'%f' % 1e20
'%s' % 1e100
'{} {}'.format(1, 'a')
'{0} {1} {0}'.format('a', 'b')
'{name} is {age}'.format(name='Bob', age=3)
'{0.name} {0[age]}'.format(user)
'{0[0]} {0[-1]}'.format({'0': 1, '-1': 2, 0: 3})
'{!r} {!s} {!a}'.format('é', 'é', 'é')
'{:>5}|{:<5}|{:^5}|{:*^7}'.format('a', 'b', 'c', 'd')
'{:5}|{:5}'.format(1, 'a')
'{:05d}|{:+d}|{: d}|{:,}|{:_}'.format(42, 42, 42, 1234567, 1234567)
'{:.2f}|{:10.3f}|{:e}|{:g}|{:%}'.format(pi, pi, pi, pi, 0.25)
'{:x}|{:X}|{:o}|{:b}|{:#x}|{:c}'.format(255, 255, 8, 5, 255, 65)
'{:.3}|{:.3}|{:.1}'.format(pi, 'abcdef', 1234.5)
'{:{}}|{:>{w}}'.format('a', 3, 'b', w=4)
'{{}} {}'.format(1)
'{:,.2f}'.format(1234567.891)
'{:08.2f}|{:<08}|{:=+8d}'.format(-3.14159, 5, 5)
'{}'.format(none)
'{}'.format([1, 'a'])
'{:5}|{:d}'.format(true, true)
'{}'.format(1e16)
'{a}'.format_map({'a': 5})
text.upper()
text.lower()
text.title()
"they're bill's".title()
text.swapcase()
'ab cd'.capitalize()
'Straße'.casefold()
text.split()
text.split(' ', 1)
text.split(maxsplit=1)
text.split('o')
' a  b '.split()
' a  b '.split(' ')
'a,b,c'.split(',')[-1]
'a,b,c'.rsplit(',', 1)
' a b c '.rsplit(none, 1)
' a b c '.split(none, 1)
'abc'.split('x')
''.split()
''.split(',')
'<think>x</think>y'.split('</think>')[-1]
lines.splitlines()
lines.splitlines(true)
'a\r\nb\rc\x0bd\u2028e'.splitlines()
padded.strip()
padded.lstrip()
padded.rstrip()
'xxaxx'.strip('x')
'xyaxy'.lstrip('yx')
'xyaxy'.rstrip('yx')
'\n\nabc\n'.strip('\n')
text.startswith('The')
text.startswith(('A', 'The'))
text.startswith('quick', 4)
text.startswith('quick', 4, 6)
text.endswith('fox')
text.endswith(('dog', 'fox'))
text.endswith('')
text.find('quick')
text.find('nope')
text.find('o', 13)
text.rfind('o')
text.index('q')
text.rindex('o')
unicode.find('日')
text.count('o')
text.count('')
'aaa'.count('aa')
text.replace('quick', 'slow')
text.replace('o', '0', 1)
'abc'.replace('', '-')
'abc'.replace('', '-', 2)
'-'.join(['a', 'b'])
', '.join(user)
''.join('abc')
text.partition(' ')
text.rpartition(' ')
text.partition('nope')
text.rpartition('nope')
'42'.zfill(5)
'-42'.zfill(5)
'ab'.ljust(5) ~ '|'
'ab'.rjust(5, '*')
'ab'.center(7, '*')
'ab'.center(6, '*')
'abc'.center(6, '*')
'a\tb'.expandtabs(4)
'a\tbc\td'.expandtabs()
'prefix_x'.removeprefix('prefix_')
'x_suffix'.removesuffix('_suffix')
'abc'.isalpha()
'ab1'.isalnum()
'12'.isdigit()
'²'.isdigit()
'²'.isdecimal()
'½'.isnumeric()
''.isdigit()
'ab'.islower()
'a1'.islower()
'AB'.isupper()
'1'.isupper()
' \t'.isspace()
'Ab Cd'.istitle()
'a_b'.isidentifier()
'é'.isascii()
'a\n'.isprintable()
numbers.index(2)
numbers.count(1)
numbers.copy()
(1, 2, 1).count(1)
(1, 2).index(2)
name is string
n is string
n is number
pi is number
yes is number
n is integer
yes is integer
pi is float
n is float
nothing is none
nothing is not none
missing is none
yes is boolean
n is boolean
yes is true
no is false
n is true
1 is true
user is mapping
numbers is mapping
numbers is sequence
name is sequence
user is sequence
n is sequence
user.items() is sequence
user.keys() is iterable
numbers is iterable
name is iterable
n is iterable
nothing is iterable
missing is iterable
missing is sequence
missing is mapping
range(3) is sequence
n is odd
n is even
n is divisibleby 3
n is divisibleby(2)
9.0 is divisibleby 3
'ab' is lower
'AB' is upper
'1' is upper
n is eq 3
n is equalto 3
n is ne 3
n is lt 5
n is ge 3
n is gt 3
n is le 3
n is lessthan 4
n is greaterthan 4
n is in numbers
n is not in numbers
'x' is in 'xyz'
none is sameas none
yes is sameas true
1 is sameas true
range is callable
name is callable
'trim' is filter
'nope' is filter
'odd' is test
name is escaped
(name|safe) is escaped
(name|e) is string
user is defined and user is mapping
not user is mapping
name is string and n is number or false
'b' if n is odd else 'c'
html
html|e
html|escape
html|safe
html|safe|e
html|forceescape
html|e|forceescape
'<a>'|safe + '<b>'
'<b>' + '<a>'|safe
('<a>'|safe) ~ '<b>'
'<a>'|safe|upper
('<a>'|safe).replace('a', '<')
'<a>%s'|safe|format('<b>')
('<a>{}'|safe).format('<b>')
('<'|safe).join(['<', '>'])
['<a>'|safe]
('<a>'|safe)|length
('<a> b'|safe).split()
'<a>'|safe == '<a>'
('<a>'|safe) * 2
{'a': 1}[('a'|safe)]
[1, '<']|e
none|e
html|tojson
html|safe|tojson
user|tojson
schema|tojson
schema|tojson(indent=2)
schema|tojson(indent=0)
schema|tojson(indent='--')
schema|tojson(sort_keys=true)
schema|tojson(ensure_ascii=true)
schema|tojson(separators=(',', ':'))
schema|tojson(indent=2, separators=(',', ':'))
schema|tojson(indent=4, sort_keys=true, ensure_ascii=false)
schema|tojson(true, 1)
mixed|tojson
[]|tojson(indent=2)
{}|tojson(indent=2)
[[], {}]|tojson(indent=2)
(1, 2)|tojson
none|tojson
true|tojson
1.0|tojson
1e16|tojson
1e-7|tojson
'inf'|float|tojson
'nan'|float|tojson
'é😀\u2028\x7f\x00\x1f/\\"\n\r\t\b\f'|tojson
'é😀\u2028\x7f\x00\x1f/\\"\n\r\t\b\f'|tojson(ensure_ascii=true)
{1: 'a', 2.5: 'b', true: 'c', none: 'd'}|tojson
{2: 'a', 1: 'b'}|tojson(sort_keys=true)
big|tojson
text|tojson(indent=2)
text|truncate(10)
text|truncate(10, true)
text|truncate(14)
text|truncate(9, false, '', 0)
text|truncate(11, end='…')
'a/b c&d=é'|urlencode
{'a b': 'c/d', 'e': 1}|urlencode
[('a', 1), ('b', 'x y')]|urlencode
3|d(5)
missing|d(5)
''|default('x')
''|default('x', true)
none|default('x')
none|default('x', boolean=true)
0|default(7, true)
user|attr('name')
user|attr('items') is callable
user|attr('nope') is undefined
namespace(a=1).a
namespace(a=1)
namespace({'a': 1}, b=2)
namespace().x is undefined
namespace(items=3).items
namespace(a=1)['a']
dict(a=1, b=[2])
dict({'x': 1}, y=2)
dict([('a', 1), ['b', 2]])
dict()
dict(user, name='Eve').name
dict.fromkeys(['a', 'b'], 0)
dict.fromkeys('ab')
joiner()() ~ 'x'
cycler('a', 'b').next()
cycler('a', 'b').current
strftime_now('%Y-%m-%d')
strftime_now('%d %b %Y')
strftime_now('%B %d, %Y')
strftime_now('%A %a %j %U %W %w %u %V %G')
strftime_now('%H:%M:%S.%f %I %p %y %C %e')
strftime_now('%c|%x|%X|%D|%F|%T|%R|%r')
strftime_now('%-d/%-m %_d %%')
strftime_now('%Z%z plain é')
range(*args) | list
dict(**kwargs)
'%s %s'|format(*args)
', '.join(*[['a', 'b']])
{'a': [1, 2]}.a[1]
({'a': 1}.items()|list)[0][1]
[{'a': 1}][0].a
(numbers|sort)[0]
-numbers[0]|abs
- 5|abs
name.upper().lower()
name.__class__
name._private
user.__init__ is undefined
[1, 2].append is undefined
user.update is defined
user.pop is defined
missing if missing is defined else 'fallback'
'a' if missing else 'b'
[n, n + 1][yes]
loop is defined
caller is defined
varargs is defined
{'a': none}.a is none
{'a': missing}.a is undefined
'a' in {'a': none}
((1, 2), (3, 4))|map('sum')|list
[3, 1, 2]|sort|first
'x'.join(numbers|map('string'))
range(3)|map('string')|join
'abc'|batch(2)|map('join')|list
{'b': 2, 'a': 1}|dictsort|map('first')|join(',')
braces
braces|upper
'{{ not parsed }}'
'{% if %}'
"%}"
'}}'
{'a': {'b': 1}}['a']['b']
{'x': '}}'}.x
[[[[1]]]]
((((1))))
(1 if yes else 2) + 3
numbers[n - 1]
numbers[-1:][0]
text.split()[1][::-1].upper()
1.5.__class__ is defined
''.join(['a'] * 3)
[] or {} or 'e'
[1] and {'a': 1} and 'e'
lines|trim|replace('\n', '/')
words|join(' ')|title
user.tags|join('/')|upper
1 if 0 else 2 if 0 else 3
false == no
nothing is none and missing is undefined
[1, 2, 3] | last ~ 'x'
user.age - 1
user['na' ~ 'me']
text|first|upper ~ text[1:]
'a' < 'b' and 'b' < 'c'
not ('a' in 'b')
'a' not in ['b'] and true
"a" == 'a'
'A'|lower == 'a'
numbers|sort|join(',') == '1,2,3,10'
pi|round(2)|string
pi|int + 1
(n / 2)|round(0, 'floor')|int
n // 2 * 2 != n
[1.0, 100.0, 1e100, -0.0, 1.1e-10]
{'a': 'é\n'}
('a', {'b': (1,)})
user.items() | first
user.keys() | last
user.values() | length
{'k': 1}.keys()
{'k': 1}.values()
{} | length
[[1, 2], [3]] | sum(start=[]) | length
"tab\there"
'a\\b'
'\'' ~ "\""
'%' ~ 5
'{' ~ '}'
1 is number is defined if false else 'x'
x.y if x is defined else 'none'
'🙂🙃'|list
'🙂🙃'|reverse
'🙂🙃'[0]
'🙂'|tojson(ensure_ascii=true)
'a🙂b'.center(7, '-')
'a🙂b'.find('b')
'a🙂b'.rfind('b')
'a🙂b'.index('b', 1)
'🙂🙃'.replace('', '.')
'é'.upper() ~ 'É'.lower()
'a b'|title|replace(' ', '')
5 is divisibleby 0.5
'abc' is in ['abc']
'ab'.startswith(())
0.1 * 3
1e23
1.7976931348623157e308
2.2250738585072014e-308
100 * 1.1
1 / 3 * 3
10 ** 20
10 ** -5
10.0 ** 20
0 ** 0
5 % 0.3
-5 % 0.3
5.5 // 1
-0.0
-0.0 + 0
1e16 + 1
12345678.9
0.1e-6
""".strip("\n").split("\n")

# Printed one by one inside {{ }}; all of them are errors.
FAILURES = r"""
missing.attribute
missing['key']
missing[0]
missing[1:]
missing()
missing + 1
1 + missing
missing * 2
-missing
missing < 1
missing in 'abc'
missing|int
missing|float
missing|abs
missing|tojson
missing|dictsort
[missing]|tojson
user.nope.deeper
user.nope['x']
user.nope + 'x'
user.nope()
name()
n()
1 + 'a'
'a' + 1
'a' + none
none + 1
[1] + (2,)
'a' - 'b'
'a' * 'b'
'a' * 1.5
1 / 0
1 // 0
1 % 0
1.5 % 0
0.0 ** -1
'a' / 2
-'a'
+none
1 < 'a'
none < 1
[1] < (2,)
[1] < ['a']
{} < {}
1 in 5
5 in 'abc'
1 in none
[1] in {}
none|length
5|length
5|list
5|join
5|first
people|selectattr('name')|length
people|selectattr('name')|last
people|selectattr('name')|tojson
people|map('nope')|list
people|map|list
people|selectattr|list
numbers|select('nope')|list
5|items|list
numbers|items|list
'a'|dictsort
user|dictsort(by='other')
{1: 1, 'a': 2}|dictsort
[1, 'a']|sort
[1, none]|sort
[1, 'a']|max
['a', 'b']|sum
['a']|sum(start='')
user.items()|tojson
range(3)|tojson
namespace()|tojson
{(1, 2): 3}|tojson
{1: 1, 'a': 2}|tojson(sort_keys=true)
{[1]: 2}
{{}: 2}
[[1]]|unique|list
numbers.append(4)
numbers.pop()
numbers.extend([1])
numbers.sort()
numbers.reverse()
numbers.insert(0, 1)
numbers.remove(1)
numbers.clear()
user.update({'a': 1})
user.pop('name')
user.popitem()
user.setdefault('a', 1)
user.clear()
user.name.nope()
text.nope()
'{a}'.format_map(5)
text.split('')
text.index('nope')
text.rindex('nope')
numbers.index(99)
'-'.join([1, 2])
'-'.join(5)
'a'.center(5, 'xy')
'a'.startswith(1)
'a'.startswith(['a'])
'a'.replace('a')
'a'.replace('a', 1)
'a'.strip(5)
'a'.find(1)
user.get()
user.get('a', 'b', 'c')
user.get(key='a')
user.keys(1)
user.get([1])
'%d' % 'a'
'%s %s' % 1
'%s' % (1, 2)
'%(x)s' % user
'%(x)s' % 5
'%y' % 1
'%' % 1
'x' % 1
'%c' % 'ab'
'%x' % 1.5
'{}'.format()
'{x}'.format()
'{0} {}'.format(1, 2)
'{} {0}'.format(1, 2)
'{'.format()
'}'.format()
'{:d}'.format('a')
'{:d}'.format(1.5)
'{:5}'.format(none)
'{:5}'.format([])
'{!x}'.format(1)
'{0.nope.deeper}'.format(user)
text|nope
text|upper(1)
text|replace('a')
text|replace
text|trim(1)
text|truncate(2)
text|indent(none)
5|indent
none|indent
text|round
'a'|abs
none|round
1.5|round(1, 'up')
text|default(1, 2, 3)
text|default(nope=1)
text|join(a=1)
text|batch
numbers|slice(0)|list
numbers[::0]
numbers['a':]
numbers[1.5:]
user[1:]
n[1:]
nothing[:1]
n is nope
n is divisibleby
n is divisibleby 0
n is divisibleby(1, 2)
n is defined(1)
'a' is odd
none is even
raise_exception()
raise_exception(message)
range('a')
range()
range(1, 2, 0)
range(100001)
range(1, 2, 3, 4)
range(stop=3)
namespace(_x=1)
namespace({'_x': 1})
namespace(1)
dict(1)
dict([1])
dict([(1, 2, 3)])
dict({}, {})
cycler()
joiner(1, 2)
strftime_now()
strftime_now(5)
strftime_now(missing)
dict(*5)
dict(**5)
dict(a=1, **{'a': 2})
dict(**{1: 2})
range(*missing.x)
'inf'|float|int
1e999|int
('nan'|float)|round|int|nope
lipsum.nope.x
loop.index
caller()
super()
'a'|format(1)
'%s'|format(1, a=2)
'<'|safe + 1
1 + '<'|safe
text|attr('nope')()
missing|attr('x')
text|map('upper', 1)|list
text|map(attribute='x', nope=1)|list
[1,2]|join(attribute='a.b')
(1, 2).append(3)
user.keys().x.y
true.x.y
none.x.y
pi.x.y
range(3).x.y
'a' ~ missing.x
missing.x is defined
missing.x|default('d')
user.a.b is defined
'a' if missing.x else 'b'
[1, 2] in 'ab'
'%s' % missing.x
""".strip("\n").split("\n")

# Whole templates.
TEMPLATES = r"""
plain text
{{ name }}
{{name}}{{-name}}{{name-}}  x
a {{- name -}} b
a {{+ name }} b
a{# comment #}b
a {#- comment -#} b
a{# {{ name }} {% if %} #}b
{#- x +#} y
{% if yes %}a{% endif %}
{% if no %}a{% else %}b{% endif %}
{% if no %}a{% elif yes %}b{% else %}c{% endif %}
{% if no %}a{% elif no %}b{% elif n == 3 %}c{% endif %}
{% if missing %}a{% endif %}b
{% if missing is defined and missing.x %}a{% else %}b{% endif %}
{%if yes%}a{%endif%}
{%- if yes -%} a {%- endif -%}
{% if yes: %}a{% else: %}b{% endif %}
{% if (yes) %}a{% endif %}
{% if yes, no %}tuple{% endif %}
{% for i in numbers %}{{ i }},{% endfor %}
{% for i in [] %}{{ i }}{% else %}empty{% endfor %}
{% for i in numbers %}{{ i }}{% else %}empty{% endfor %}
{% for i in missing %}x{% else %}none{% endfor %}
{% for c in name %}{{ c }}-{% endfor %}
{% for k in user %}{{ k }} {% endfor %}
{% for k, v in user.items() %}{{ k }}={{ v }};{% endfor %}
{% for k, v in user|dictsort %}{{ k }}={{ v }};{% endfor %}
{% for k, v in user|items %}{{ k }};{% endfor %}
{% for (a, b) in [(1, 2), [3, 4]] %}{{ a }}{{ b }};{% endfor %}
{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in ['xy'] %}{{ a }}{{ b }}{% endfor %}
{% for i in 1, 2, 3 %}{{ i }}{% endfor %}
{% for i in range(3) %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{% endfor %}
{% for i in numbers %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }};{% endfor %}
{% for i in numbers %}{% if loop.previtem is defined %}{{ loop.previtem }}{% endif %}{% if loop.nextitem is undefined %}end{% endif %}{% endfor %}
{% for i in numbers %}{{ loop.cycle('a', 'b') }}{% endfor %}
{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}
{% for i in [1, 1, 2] %}{{ loop.changed(i, 'x') }}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}
{% for i in numbers %}{{ loop['index'] }}{{ loop.nope is defined }}{% endfor %}
{% for i in numbers %}{{ loop }}{% endfor %}
{% for i in numbers if i > 1 %}{{ i }}{{ loop.index }}/{{ loop.length }}{{ loop.last }};{% endfor %}
{% for i in numbers if i > 100 %}x{% else %}none{% endfor %}
{% for i in numbers|select('odd') %}{{ i }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }};{% endfor %}
{% for i in numbers|select('odd') %}{{ i }}{{ loop.nextitem }};{% endfor %}
{% for i in numbers %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}
{% for i in numbers %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for i in numbers %}{% break %}{% else %}none{% endfor %}
{% for i in numbers %}{% continue %}{% else %}none{% endfor %}
{% for i in numbers %}{{ i }}{% if i == 1 %}{% break %}{% endif %}{% else %}none{% endfor %}
{% for i in range(3) %}{% for j in range(3) %}{% if j == 1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}
{% for i in range(2) %}{% for j in [] %}x{% else %}{% continue %}{% endfor %}{{ i }}{% endfor %}end
{% for i in range(2) %}{% for j in range(2) %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}
{% for i in range(2) %}{% set outer = loop %}{% for j in range(2) %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}
{% for m in messages %}{{ m.role }}: {{ m['content'] }}{% if not loop.last %}, {% endif %}{% endfor %}
{% for m in messages[1:] %}{{ m.role }}{% endfor %}
{% for m in messages|reverse %}{{ m.role }} {% endfor %}
{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}
{% for n in tree recursive %}{{ n.label }}({{ loop(n.kids) }}){% endfor %}
{% for n in tree recursive %}{{ loop.depth }}{{ n.label }}{% if n.kids %}[{{ loop(n.kids) }}]{% endif %}{% else %}-{% endfor %}
{% for n in tree if n.label != '2' recursive %}{{ n.label }}{{ loop(n.kids) }}{% endfor %}
{% for n in tree %}{{ loop(n.kids) }}{% endfor %}
{% for i in range(3) recursive %}{{ i }}{% if i == 1 %}{% break %}{% endif %}{% endfor %}
{% for x, l in [(1, 2)] %}{{ x }}{{ l }}{% endfor %}
{% for a, b in [1, 2] %}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for a, b in [(1,)] %}{% endfor %}
{% for a in 5 %}{% endfor %}
{% for a in none %}{% endfor %}
{% for i in range(3) %}{% set x = i %}{% endfor %}{{ x is defined }}
{% set x = 0 %}{% for i in range(3) %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}
{% set ns = namespace(x=0) %}{% for i in range(4) %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}
{% set ns = namespace() %}{% set ns.a = 1 %}{% set ns.b = [ns.a] %}{{ ns.a }}{{ ns.b }}{{ ns }}
{% set ns = namespace(found=false) %}{% for m in messages if not ns.found %}{% if m.role == 'user' %}{% set ns.found = true %}{% endif %}{{ m.role }}{% endfor %}{{ ns.found }}
{% set ns = namespace(l=[]) %}{% for i in range(3) %}{% set ns.l = ns.l + [i] %}{% endfor %}{{ ns.l }}
{% set ns = namespace(a=1) %}{% set ns.a, b = 2, 3 %}{{ ns.a }}{{ b }}
{% set ns = namespace(a=1) %}{% set (a, b) = 2, 3 %}{{ a }}{{ b }}
{% set user.name = 'x' %}
{% set missing.x = 1 %}
{% set ns = namespace() %}{% set ns._x = 1 %}
{% set ns = namespace() %}{% set ns.a.b = 1 %}
{% set x = 1 %}{{ x }}{% set x = 'two' %}{{ x }}
{% set x, y = 1, 2 %}{{ x }}{{ y }}
{% set x, y = [1] %}
{% set a = b = 1 %}
{% set x = 1, 2 %}{{ x }}
{% set (x, y), z = (1, 2), 3 %}{{ x }}{{ y }}{{ z }}
{% set true = 1 %}
{% set 'a' = 1 %}
{% set x['a'] = 1 %}
{% set x %}block {{ name }}{% endset %}[{{ x }}]
{% set x | upper %}block {{ name }}{% endset %}[{{ x }}]
{% set x | upper | replace('B', 'X') %}block{% endset %}[{{ x }}]
{% set x | length %}block{% endset %}{{ x + 1 }}
{% set ns = namespace() %}{% set ns.x %}captured{% endset %}{{ ns.x }}
{% set x %}{% set y = 1 %}{{ y }}{% endset %}{{ x }}{{ y is defined }}
{% for i in range(3) %}{% set x %}{{ i }}{% if i == 1 %}{% break %}{% endif %}{% endset %}{{ x }}{% endfor %}
{% if yes %}{% set x = 1 %}{% endif %}{{ x }}
{% if no %}{% set x = 1 %}{% endif %}{{ x is defined }}
{% if no %}{% set name = 1 %}{% endif %}{{ name }}
{% if yes %}{% set name = 1 %}{% endif %}{{ name }}
{{ name }}{% set name = 'Eve' %}{{ name }}
{% set name = name ~ '!' %}{{ name }}
{% macro m() %}{{ name }}{% endmacro %}{{ m() }}{% set name = 'Eve' %}{{ m() }}
{% macro m() %}{{ v }}{% endmacro %}{{ m() }}{% set v = 1 %}{{ m() }}
{% for i in [1, 2] %}{% for j in [1] %}{{ name }}{% endfor %}{% set name = i %}{% endfor %}
{% for i in [1, 2] %}{{ name }}{% set name = i %}{{ name }}{% endfor %}{{ name }}
{% for i in [1] %}{% if no %}{% set name = 1 %}{% endif %}{{ name }}{% endfor %}
{% for name in [1, 2] %}{{ name }}{% endfor %}{{ name }}
{% macro m(a, b='B') %}[{{ a }}{{ b }}]{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(b=3, a=4) }}{{ m() }}
{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}
{% macro m(a=b, b=1) %}{{ a }}{{ b }}{% endmacro %}{{ m() }}{{ m(b=2) }}
{% macro m(x=[]) %}{{ x is defined }}{{ x }}{% endmacro %}{{ m() }}
{% macro m(x) %}{{ x is defined }}{% endmacro %}{{ m() }}{{ m(none) }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m() }}{{ m(1, 2, a=3) }}
{% macro m(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1, 2, 3) }}
{% macro m() %}x{% endmacro %}{{ m(1) }}
{% macro m() %}x{% endmacro %}{{ m(a=1) }}
{% macro m(a) %}x{% endmacro %}{{ m(1, a=2) }}
{% macro m() %}x{% endmacro %}{{ m }}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}
{% macro m(n) %}{% if n > 0 %}{{ n }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(5) }}
{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}body {{ name }}{% endcall %}
{% macro m() %}[{{ caller(1, b=2) }}]{% endmacro %}{% call(a, b=5) m() %}{{ a }}{{ b }}{% endcall %}
{% macro m(x) %}{% for i in x %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(i) m([1, 2]) %}<{{ i }}>{% endcall %}
{% macro m() %}x{% endmacro %}{% call m() %}body{% endcall %}
{% macro m() %}{{ caller is defined }}{% if caller %}{{ caller() }}{% endif %}{% endmacro %}{{ m() }}{% call m() %}b{% endcall %}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ caller() }}{% endcall %}
{% call name %}x{% endcall %}
{% call name() %}x{% endcall %}
{% call dict() %}x{% endcall %}
{% macro a() %}a{{ b() }}{% endmacro %}{% macro b() %}b{% endmacro %}{{ a() }}
{% macro a() %}{% macro b() %}inner{% endmacro %}{{ b() }}{% endmacro %}{{ a() }}{{ b is defined }}
{% if yes %}{% macro c() %}cond{% endmacro %}{% endif %}{{ c() }}
{% macro m(a, a) %}{% endmacro %}
{% macro m(a=1, b) %}{% endmacro %}
{% macro m(caller) %}{{ caller }}{% endmacro %}{{ m(1) }}
{% macro m(caller=5) %}{{ caller }}{% endmacro %}{{ m() }}
{% macro m(s) %}{{ s|upper }}{% endmacro %}{{ m('a')|lower }}{{ m('b') ~ 'c' }}{{ m('d') + 'e' }}
{% macro m() %}  {% if yes %} x {% endif %}  {% endmacro %}[{{ m() }}][{{ m()|trim }}]
{% macro m() %}{% for i in range(3) %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}{% endmacro %}{{ m() }}
{% for i in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
{% macro m() %}{{ loop is defined }}{% endmacro %}{% for i in [1] %}{{ m() }}{% endfor %}
{% macro m() %}{% set x = 1 %}{% endmacro %}{{ m() }}{{ x is defined }}
{% macro outer() %}{% set v = 1 %}{% macro inner() %}{{ v }}{% endmacro %}{% set v = 2 %}{{ inner() }}{% endmacro %}{{ outer() }}
{% set f = range %}{{ f(2)|list }}
{% set ms = {'k': 1} %}{{ ms.k }}
{% filter upper %}abc {{ name }}{% endfilter %}
{% filter upper|replace('A', '_') %}abc{% endfilter %}
{% filter trim %}  x  {% endfilter %}|
{% filter length %}abc{% endfilter %}
{% filter nope %}x{% endfilter %}
{% filter upper %}{% set x = 1 %}{% endfilter %}{{ x is defined }}
{% for i in range(3) %}{% filter upper %}a{{ i }}{% if i == 1 %}{% break %}{% endif %}{% endfilter %}{% endfor %}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}
{% with %}{% set z = 1 %}{{ z }}{% endwith %}{{ z is defined }}
{% set a = 5 %}{% with a = a + 1, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}
{% generation %}text {{ name }}{% endgeneration %}
{% generation %}{% set g = 1 %}{% endgeneration %}{{ g is defined }}
{% for i in range(2) %}{% generation %}{{ i }}{{ loop.index }}{% endgeneration %}{% endfor %}
{% for i in range(2) %}{% generation %}{% break %}{% endgeneration %}{% endfor %}
{% print name %}{% print 1, 2 %}
{% raw %}{{ name }} {% if %} {# #}{% endraw %}
{%- raw -%}  {{ x }}  {%- endraw -%}  y
{% break %}
{% continue %}
{% if yes %}{% break %}{% endif %}
{% for i in [1] %}{% endfor %}{% break %}
{% for i in [1] %}x{% else %}{% break %}{% endfor %}
{% for loop in [1] %}{% endfor %}
{% for i in [1] %}{% set loop = 1 %}{% endfor %}
{% set loop = 1 %}{{ loop }}
{% for i in loop %}{% endfor %}
{% if yes %}
{% endif %}
{% endfor %}
{% else %}
{% for i in x %}
{% for i x %}{% endfor %}
{% for in x %}{% endfor %}
{% for i, in [[1]] %}{{ i }}{% endfor %}
{% for 1 in x %}{% endfor %}
{% unknown %}
{% do 1 %}
{% %}
{{ }}
{{ name
{% if yes
{# open
{{ name }
{{ 'open }}
{{ (1 }}
{{ 1) }}
{{ [1 }}
{{ [1) }}
{{ {'a': 1 }}
{{ {'a' 1} }}
{{ 1 2 }}
{{ name name }}
{{ 1 + }}
{{ + }}
{{ * 2 }}
{{ a.1b }}
{{ a. }}
{{ a[ }}
{{ a[] is undefined }}
{{ user[] }}
{{ !a }}
{{ a && b }}
{{ a ? b : c }}
{{ a = 1 }}
{{ $x }}
{{ x | }}
{{ x | 1 }}
{{ name|upper.lower }}
{{ name|upper['a'] }}
{{ numbers|first.real }}
{{ x is }}
{{ x is 1 }}
{{ x is not }}
{{ x is string is defined }}
{{ f(a=1, 2) }}
{{ f(a=1, a=2) }}
{{ f(**a, *b) }}
{{ f(, ) }}
{{ range(3,)|list }}
{{ [1,,2] }}
{{ [,] }}
{{ {,} }}
{{ (,) }}
{{ 'a' 1 }}
{{ '\x4' }}
{{ '\u12' }}
{{ '\N{NO SUCH NAME}' }}
{{ 1__0 }}
{{ 0123 }}
{{ 0x }}
{{ 1.e5 }}
{{ 1.upper() }}
{{ a.b.c.0.1 is defined }}
{{ nested.1.1.0 }}
{{ name|nope }}
{{ name is nope }}
{% if no %}{{ name|nope }}{% endif %}ok
{% if no %}{{ name is nope }}{% endif %}ok
{% if yes %}{{ name|nope }}{% endif %}
{{ name|nope if no else 'ok' }}
{{ 'ok' if yes else name|nope }}
{% if no %}{% for i in [1] %}{{ i|nope }}{% endfor %}{% endif %}
{% if no %}{% set x = name|nope %}{% endif %}ok
{% for i in [] %}{{ i|nope }}{% endfor %}
{% macro m() %}{{ 1|nope }}{% endmacro %}
{% if 'nope' is filter %}{{ name|nope }}{% else %}fallback{% endif %}
{% if no %}{% macro m() %}{{ 1|nope }}{% endmacro %}{% endif %}
{% include 'x' %}
{% import 'x' as y %}
{% extends 'x' %}
{% from 'x' import y %}
{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{{ system }}{% for m in rest %}{{ m.role }}{% endfor %}
{{ raise_exception('stop') }}
{% if no %}{{ raise_exception('stop') }}{% endif %}ok
{% set s = joiner('; ') %}{% for i in numbers %}{{ s() }}{{ i }}{% endfor %}
{% set c = cycler('a', 'b', 'c') %}{% for i in range(5) %}{{ c.next() }}{% endfor %}{{ c.current }}{{ c.reset() }}{{ c.current }}
{% set g = numbers|select('odd') %}{% for i in g %}{{ i }}{% endfor %}{% for i in g %}{{ i }}{% else %}done{% endfor %}
{% set g = people|map(attribute='name') %}{{ g|first }}{{ g|list }}
{% set g = numbers|reverse %}{{ 1 in g }}{{ g|list }}
{% set ns = namespace(n=0) %}{% macro inc() %}{% set ns.n = ns.n + 1 %}{% endmacro %}{{ inc() }}{{ inc() }}{{ ns.n }}
{% set d = {'a': 1} %}{% set d = dict(d, b=2) %}{{ d }}
{% set l = [1] %}{% set l = l + [2] %}{{ l }}{% set _ = l.append(3) %}
{% for i in range(3) %}{% if loop.first %}[{% endif %}{{ i }}{% if loop.last %}]{% else %},{% endif %}{% endfor %}
{% for key in ['a', 'b'] %}{{ {'a': 1}.get(key, 'none') }}{% endfor %}
{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate') }}{% endif %}{% endfor %}
{% set content = messages[2].content %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}{{ content }}
{{ {'a': 1}|tojson }}{{ "}}" }}{{ '{{' }}
{% if 1 %}{{ '%}' }}{% endif %}
{{- name }}{{ name -}}
{{ name }}{% if 1 -%}   x   {%- endif %}{{ name }}
{% for i in range(2) -%}   {{ i }}   {%- endfor %}
é{{ 'ü' }}😀
{{ name }}\n{{ "\n" }}x
{{ ü }}{% set ü = 1 %}{{ ü }}
{{ namé is defined }}
{{ _x is defined }}
{{ if is defined }}
{{ for }}
{{ not }}
{{ and }}
{{ [not] }}
{{ user . name }}
{{ user [ 'name' ] }}
{{ range ( 3 ) | list }}
{{ name | replace ( 'A' , 'B' ) }}
{{ 1 }}{# a #}{{ 2 }}{#- b -#} {{ 3 }}
{{ {'a': [1, {'b': (2,)}]}.a[1].b[0] }}
{{ ((1, 2), 3)[0][1] }}
{{ 1if yes else 2 }}
{{ 'a'if no else'b' }}
{{ [1,2,3][1:][0] }}
{{ messages|map(attribute='role')|list|tojson }}
{{ messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|first }}
{{ (messages|last).role }}
{{ (messages|selectattr('role', 'in', ['user', 'system'])|list)[1:]|map(attribute='content')|join }}
{{ messages[-1]['role'] == 'assistant' and 'done' }}
{{ messages[0].content is string }}
{{ messages[0].tool_calls is defined }}{{ messages[0].tool_calls }}
{{ messages[0]['tool_calls'] is defined and messages[0]['tool_calls'] is not none }}
""".strip("\n").split("\n")

# Templates of more than one line, where whitespace control matters.
LAYOUTS = [
    "{% filter indent(2) %}a\nb{% endfilter %}",
    "{% raw %}\nline\n{% endraw %}\nafter",
    "a\n{% raw %}\n b\n  {% endraw %}\nc",
    "{{ name\n   | upper }}",
    "{{ \"multi\nline\" }}",
    "{%\n  if yes\n%}x{%\n  endif\n%}",
    "{% set x = [\n  1,\n  2,\n] %}{{ x }}",
    "{{ '\\d\\q\\\nx' }}",
    "a\n{% if yes %}\nb\n{% endif %}\nc\n",
    "a\n  {% if yes %}\n  b\n  {% endif %}\nc",
    "a\n  {%- if yes %}\n  b\n  {%- endif %}\nc",
    "a\n  {% if yes -%}\n  b\n  {% endif -%}\nc",
    "a\n  {%+ if yes %}\n  b\n  {%+ endif %}\nc",
    "a\n  {% if yes +%}\n  b\n  {% endif +%}\nc",
    "  {% if yes %}x{% endif %}  \n",
    "  {{ name }}  \n",
    "  {# c #}  \nx",
    "  {# c #}\nx",
    "x {# c #}\ny",
    "x\n\t {# c -#}\n\n y",
    "{% for i in range(2) %}\n    {{ i }}\n{% endfor %}\nend\n\n",
    "{% for i in range(2) %}\n    {{ i }}\n    {% endfor %}\nend",
    "{% for i in range(2) %}\n\n{{ i }}\n\n{% endfor %}",
    "{%- for i in range(2) -%}\n    {{ i }}\n{%- endfor -%}\n",
    "a {% if yes %} b {% endif %} c",
    "a\r\n{% if yes %}\r\nb\r\n{% endif %}\r\nc\r\n",
    "a\rb\r{% if yes %}\rc{% endif %}",
    "\n\n{% set x = 1 %}\n\n{{ x }}\n\n",
    "{{ name }}\n",
    "{{ name }}\n\n",
    "\n",
    "",
    " ",
    "{% set x %}\n  a\n  {% endset %}\n[{{ x }}]",
    "{% macro m() %}\n  a\n{% endmacro %}\n[{{ m() }}]",
    "x{% if yes %}\n{% endif %}y",
    "x{% if yes %} \n{% endif %}y",
    "\u00a0{% if yes %}x{% endif %}",
    "a\u2028  {% if yes %}x{% endif %}",
    "a\x0b{% if yes %}x{% endif %}",
    "a\n \t {% if yes %} {% endif %}\nb",
    "a\n  {% if yes %}{% if yes %}\n b{% endif %}{% endif %}\n",
    "a\n  {{- name }}\n  {{ name -}}\n  b",
    "a\n{%- if yes %}\n\n  b\n{%- endif %}\n\nc",
    "{% if yes %}\n  {% if yes %}\n    deep\n  {% endif %}\n{% endif %}\nend\n",
    "{% raw %}\n a\n{% endraw %}\nb",
    "{% raw -%}\n a\n{%- endraw %}\nb",
    "  {% raw %} a {% endraw %}  \nb",
    "{% raw %}{% endraw %}",
    "{% raw %} {% end %} {% endraw +%}\nx",
    "{% raw %}open",
    "{%raw%}a{%endraw%}",
    "a\n  {%- raw %} b {% endraw %}",
    "{#\n multi\n line\n#}\nx",
    "{#- a -#}\n{#- b -#}\nx",
    "{##}x",
    "{#-#}x",
    "{#--#} x",
    "{%- if yes -%}\n\n a \n\n{%- else -%} b {%- endif -%}\n\n",
    "{{ 'a' -}}   \n   {{- 'b' }}",
    "{{ 'a' }}   \n   {{ 'b' }}",
    "line {{ name }}\n{% if no %}\nnever\n{% else %}\nalways\n{% endif %}\n\nend",
    "{% for m in messages %}\n{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}\n{% endfor %}\n{% if yes %}\n{{ '<|im_start|>assistant\\n' }}\n{% endif %}",
    "{%- for m in messages %}\n    {%- if m.role == 'user' %}\n        {{- '[INST] ' + m.content + ' [/INST]' }}\n    {%- else %}\n        {{- m.content }}\n    {%- endif %}\n{%- endfor %}",
    "{% if yes %}a\n{% endif %}{% if yes %}b\n{% endif %}",
    "{{ lines }}|",
    "{{ lines }}\n{% if yes %}\n{{ lines }}{% endif %}",
    "{% filter indent(4, first=true) %}\n{{ lines }}\n{% endfilter %}",
    "{% call(x) m() %}{{ x }}{% endcall %}",
    "{% macro m() %}{{ caller('\\n') }}{% endmacro %}\n{% call(x) m() %}\n  [{{ x }}]\n{% endcall %}\n",
    "a{{ 1 }}\n  {% set x = 1 %}\n  {{ x }}\n",
    "{% if yes %}\n{{ name }}\n{% endif %}\n{{ name }}\n{% if yes %}x{% endif %}\n{{ name }}",
    "{% set x = '\r\n' %}{{ x|tojson }}",
    "{{ 'a\r\nb'|tojson }}",
    "{{ '\\\n' }}x",
    "{% for i in [1,2] %}{{ i }}{% if not loop.last %}\n{% endif %}\n{% endfor %}",
    "{{ '{%' }} {{ '%}' }}",
    "{{ 'a' }}}}",
    "}} %} #}",
    "{ { name } }",
    "{",
    "{{ '}' }}",
    "{% if '%}' == '%}' %}x{% endif %}",
    "{% set x = {'a': {'b': {'c': 1}}} %}{{ x.a.b.c }}{{ {'a':{'b':1}} }}",
]


def snippets():
    """All templates, in order."""
    for expression in EXPRESSIONS + FAILURES:
        yield "{{ " + expression + " }}"
    yield from TEMPLATES
    yield from LAYOUTS
