// Renders a Helm chart as `helm template` does, as far as our chart goes:
// Go's templates with sprig's functions and Helm's include, required, toYaml
// and fromYaml. Debian has no Helm.
//
//	helm_template CHART [VALUES...] > objects.yaml
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"github.com/xeipuuv/gojsonschema"
	"sigs.k8s.io/yaml"
)

type object = map[string]interface{}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "helm_template:", err)
		os.Exit(1)
	}
}

func readYAML(path string) object {
	text, err := os.ReadFile(path)
	fail(err)
	result := object{}
	if err = yaml.Unmarshal(text, &result); err != nil {
		fail(fmt.Errorf("%s: %w", path, err))
	}
	return result
}

// merge lays values over defaults: maps by key, null removes, the rest
// replaces.
func merge(defaults, values object) object {
	for key, value := range values {
		below, isMap := defaults[key].(object)
		above, isToo := value.(object)
		switch {
		case isMap && isToo:
			defaults[key] = merge(below, above)
		case value == nil:
			delete(defaults, key)
		default:
			defaults[key] = value
		}
	}
	return defaults
}

func toYAML(value interface{}) string {
	text, err := yaml.Marshal(value)
	fail(err)
	return strings.TrimSuffix(string(text), "\n")
}

func fromYAML(text string) object {
	result := object{}
	if err := yaml.Unmarshal([]byte(text), &result); err != nil {
		return object{"Error": err.Error()}
	}
	return result
}

func required(complaint string, value interface{}) (interface{}, error) {
	if value == nil || value == "" {
		return nil, fmt.Errorf("%s", complaint)
	}
	return value, nil
}

// check holds the values against the chart's schema, with the library that Helm
// has for it.
func check(chart string, values object) {
	text, err := os.ReadFile(filepath.Join(chart, "values.schema.json"))
	fail(err)
	found, err := gojsonschema.Validate(
		gojsonschema.NewBytesLoader(text), gojsonschema.NewGoLoader(values))
	fail(err)
	if found.Valid() {
		return
	}
	for _, problem := range found.Errors() {
		fmt.Fprintln(os.Stderr, "helm_template: values:", problem)
	}
	os.Exit(1)
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: helm_template CHART [VALUES...]"))
	}
	chart := os.Args[1]
	values := readYAML(filepath.Join(chart, "values.yaml"))
	for _, path := range os.Args[2:] {
		values = merge(values, readYAML(path))
	}
	check(chart, values)
	about := readYAML(filepath.Join(chart, "Chart.yaml"))
	data := object{
		"Values":  values,
		"Release": object{"Name": "natgw", "Namespace": "kube-system", "Service": "Helm"},
		"Chart": object{
			"Name":       about["name"],
			"Version":    about["version"],
			"AppVersion": about["appVersion"],
		},
	}
	all := template.New(chart)
	all.Option("missingkey=zero").Funcs(sprig.TxtFuncMap()).Funcs(template.FuncMap{
		"include": func(name string, with interface{}) (string, error) {
			var out bytes.Buffer
			err := all.ExecuteTemplate(&out, name, with)
			return out.String(), err
		},
		"toYaml":   toYAML,
		"fromYaml": fromYAML,
		"required": required,
	})
	paths, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	fail(err)
	sort.Strings(paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		fail(err)
		_, err = all.New(path).Parse(string(text))
		fail(err)
	}
	for _, path := range paths {
		if strings.HasPrefix(filepath.Base(path), "_") {
			continue
		}
		var out bytes.Buffer
		fail(all.ExecuteTemplate(&out, path, data))
		if text := strings.TrimSpace(out.String()); text != "" {
			fmt.Printf("---\n%s\n", text)
		}
	}
}
