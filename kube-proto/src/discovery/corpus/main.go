// Writes corpus.jsonl: random servers, and the resources that kubectl finds in them by their names.
//
//	go run . > corpus.jsonl
//
// The mapper, the expander of short names and the one of categories are client-go's. The order in which kubectl asks them is that
// of cli-runtime (pkg/resource/builder.go, mappingFor). A name whose result differs between two runs is left out: client-go
// then depends on the order of a Go map.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/restmapper"
)

type resource struct {
	Name       string   `json:"name"`
	Singular   string   `json:"singular"`
	Kind       string   `json:"kind"`
	ShortNames []string `json:"shortNames"`
	Categories []string `json:"categories"`
}

type version struct {
	Version   string     `json:"version"`
	Resources []resource `json:"resources"`
}

type group struct {
	Name     string    `json:"name"`
	Versions []version `json:"versions"`
}

type answer struct {
	Name     string   `json:"name"`
	Found    string   `json:"found"`
	Warnings []string `json:"warnings"`
}

type category struct {
	Name  string   `json:"name"`
	Found []string `json:"found"`
}

type server struct {
	Groups     []group    `json:"groups"`
	Answers    []answer   `json:"answers"`
	Categories []category `json:"categories"`
}

type fake struct {
	discovery.DiscoveryInterface
	groups []*metav1.APIGroup
	lists  []*metav1.APIResourceList
}

func (f fake) ServerGroupsAndResources() ([]*metav1.APIGroup, []*metav1.APIResourceList, error) {
	return f.groups, f.lists, nil
}

func pick(r *rand.Rand, from ...string) string { return from[r.Intn(len(from))] }

func some(r *rand.Rand, most int, from ...string) []string {
	found := []string{}
	for range r.Intn(most + 1) {
		found = append(found, pick(r, from...))
	}
	return found
}

func random(r *rand.Rand) []group {
	names := []string{"", "apps", "apps.example.com", "events.k8s.io", "ap", "example.com", "a.example.com"}
	r.Shuffle(len(names)-1, func(i, j int) { names[i+1], names[j+1] = names[j+1], names[i+1] })
	groups := []group{}
	for _, name := range names[:2+r.Intn(5)] {
		versions := []string{"v1", "v1beta1", "v2"}
		r.Shuffle(len(versions), func(i, j int) { versions[i], versions[j] = versions[j], versions[i] })
		if name == "" {
			// The core group has one version, and the mapper knows that.
			versions = []string{"v1"}
		}
		g := group{Name: name}
		for _, v := range versions[:min(len(versions), 1+r.Intn(2))] {
			entry := version{Version: v, Resources: []resource{}}
			for _, base := range []string{"Pod", "Deployment", "Event", "Widget", "EndPoints"} {
				if r.Intn(2) == 0 {
					continue
				}
				lower := strings.ToLower(base)
				one := resource{
					Kind: base, Name: lower + "s", Singular: lower,
					ShortNames: some(r, 2, "po", "w", "ev", "deploy", "pod", "pods"),
					Categories: some(r, 1, "all", "mine", "pods"),
				}
				switch r.Intn(8) {
				case 0:
					one.Singular = "one" + lower
				case 1:
					one.Kind = "My" + base
				case 2:
					one.Name = "my" + lower
				}
				entry.Resources = append(entry.Resources, one)
			}
			g.Versions = append(g.Versions, entry)
		}
		groups = append(groups, g)
	}
	return groups
}

func (f fake) mapped(name string) answer {
	warnings := []string{}
	groups, err := restmapper.GetAPIGroupResources(f)
	if err != nil {
		panic(err)
	}
	delegate := restmapper.NewDiscoveryRESTMapper(groups)
	mapper := restmapper.NewShortcutExpander(delegate, f, func(text string) { warnings = append(warnings, text) })
	found := answer{Name: name, Warnings: []string{}}
	exact, loose := schema.ParseResourceArg(name)
	kind := schema.GroupVersionKind{}
	if exact != nil {
		kind, _ = mapper.KindFor(*exact)
	}
	if kind.Empty() {
		kind, _ = mapper.KindFor(loose.WithVersion(""))
	}
	tries := []schema.GroupVersionKind{kind}
	if kind.Empty() {
		exactKind, looseKind := schema.ParseKindArg(name)
		tries = []schema.GroupVersionKind{looseKind.WithVersion("")}
		if exactKind != nil {
			tries = []schema.GroupVersionKind{*exactKind, looseKind.WithVersion("")}
		}
	}
	for _, kind := range tries {
		versions := []string{kind.Version}
		if mapping, err := mapper.RESTMapping(kind.GroupKind(), versions...); err == nil {
			found.Found = fmt.Sprintf("%s.%s", mapping.Resource.Resource, mapping.Resource.Version)
			if mapping.Resource.Group != "" {
				found.Found += "." + mapping.Resource.Group
			}
			break
		}
	}
	seen := map[string]bool{}
	for _, warning := range warnings {
		if !seen[warning] {
			found.Warnings = append(found.Warnings, warning)
		}
		seen[warning] = true
	}
	return found
}

func main() {
	servers := []server{}
	for seed := range int64(60) {
		r := rand.New(rand.NewSource(seed))
		one := server{Groups: random(r), Answers: []answer{}, Categories: []category{}}
		f := fake{}
		for _, g := range one.Groups {
			api := &metav1.APIGroup{Name: g.Name}
			for i, v := range g.Versions {
				text := schema.GroupVersion{Group: g.Name, Version: v.Version}.String()
				entry := metav1.GroupVersionForDiscovery{GroupVersion: text, Version: v.Version}
				api.Versions = append(api.Versions, entry)
				if i == 0 {
					api.PreferredVersion = entry
				}
				list := &metav1.APIResourceList{GroupVersion: text}
				for _, res := range v.Resources {
					list.APIResources = append(list.APIResources, metav1.APIResource{
						Name: res.Name, SingularName: res.Singular, Namespaced: true, Kind: res.Kind,
						ShortNames: res.ShortNames, Categories: res.Categories,
					})
				}
				f.lists = append(f.lists, list)
			}
			f.groups = append(f.groups, api)
		}
		for range 40 {
			name := pick(r, "pods", "pod", "po", "Pod", "PODS", "w", "W", "widget", "widgets", "mywidget", "mypod", "onepod", "MyWidget",
				"mywidgets", "ev", "events", "deploy", "deployments", "Deployment", "endpoints", "EndPoints", "oneevent", "nothing")
			if r.Intn(3) == 0 {
				name += "." + pick(r, "v1", "v2", "v1beta1", "v3")
				if r.Intn(4) == 0 {
					name += "."
				}
			}
			if r.Intn(2) == 0 {
				name += "." + pick(r, "apps", "app", "example.com", "a.example.com", "apps.example.com", "ev", "events.k8s.io", "none")
			}
			found := f.mapped(name)
			same := true
			for range 20 {
				same = same && reflect.DeepEqual(found, f.mapped(name))
			}
			if same {
				one.Answers = append(one.Answers, found)
			}
		}
		for _, name := range []string{"all", "mine", "pods", "other"} {
			found := []string{}
			seen := map[string]bool{}
			expanded, _ := restmapper.NewDiscoveryCategoryExpander(f).Expand(name)
			for _, one := range expanded {
				if !seen[one.String()] {
					found = append(found, one.String())
				}
				seen[one.String()] = true
			}
			one.Categories = append(one.Categories, category{Name: name, Found: found})
		}
		servers = append(servers, one)
	}
	encoder := json.NewEncoder(os.Stdout)
	for _, one := range servers {
		if err := encoder.Encode(one); err != nil {
			panic(err)
		}
	}
}
