package main

import (
	"reflect"
	"sort"

	admissionv1 "k8s.io/api/admission/v1"
	admissionv1beta1 "k8s.io/api/admission/v1beta1"
	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	apidiscoveryv2beta1 "k8s.io/api/apidiscovery/v2beta1"
	imagepolicyv1alpha1 "k8s.io/api/imagepolicy/v1alpha1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// scheme has every type that client-go knows, and those of Kubernetes' own API that it does not.
func scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientscheme.AddToScheme,
		admissionv1.AddToScheme, admissionv1beta1.AddToScheme,
		imagepolicyv1alpha1.AddToScheme,
		apidiscoveryv2.AddToScheme, apidiscoveryv2beta1.AddToScheme,
		apiextensionsv1.AddToScheme, apiextensionsv1beta1.AddToScheme,
		apiregistrationv1.AddToScheme,
		metricsv1beta1.AddToScheme,
	} {
		if err := add(s); err != nil {
			fail("a group does not register: %v", err)
		}
	}
	return s
}

// root is a kind that can be the document of a request or an answer.
type root struct {
	apiVersion, kind string
	goType           reflect.Type
}

// The types of meta/v1 are registered in every group. These are documents by themselves, of the version `v1`.
var ofMeta = map[string]bool{
	"Status": true, "APIGroup": true, "APIGroupList": true, "APIResourceList": true, "APIVersions": true,
	"CreateOptions": true, "DeleteOptions": true, "GetOptions": true, "ListOptions": true, "PatchOptions": true,
	"UpdateOptions": true,
}

func roots() []root {
	var all []root
	for gvk, t := range scheme().AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal {
			continue
		}
		meta := t.PkgPath() == reflect.TypeOf(metav1.Status{}).PkgPath()
		if meta && (!ofMeta[t.Name()] || gvk.GroupVersion() != schema.GroupVersion{Version: "v1"}) {
			continue
		}
		if _, has := reflect.PointerTo(t).MethodByName("MarshalToSizedBuffer"); !has {
			note("no protobuf: %v", gvk)
			continue
		}
		apiVersion, kind := gvk.ToAPIVersionAndKind()
		all = append(all, root{apiVersion, kind, t})
	}
	for _, x := range []any{metav1.PartialObjectMetadata{}, metav1.PartialObjectMetadataList{}} {
		t := reflect.TypeOf(x)
		all = append(all, root{"meta.k8s.io/v1", t.Name(), t})
	}
	sort.Slice(all, func(a, b int) bool {
		if all[a].kind != all[b].kind {
			return all[a].kind < all[b].kind
		}
		return all[a].apiVersion < all[b].apiVersion
	})
	return all
}
